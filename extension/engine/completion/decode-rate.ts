/** How fast a generation was, its prompt left out. */
import type { NativeGeneration } from '../addon.ts';

/**
 * Decoding is timed from the end of the first pass, which belongs to the prompt; with drafts a pass makes several tokens, the
 * first one too. So of all tokens the share of the other passes counts.
 * @returns tokens per millisecond; null of a single pass
 */
export function decodeRate({
  tokens,
  passes,
  decodeMs,
}: Pick<NativeGeneration, 'tokens' | 'passes' | 'decodeMs'>): number | null {
  if (passes < 2 || decodeMs <= 0) return null;
  return (tokens.length * (passes - 1)) / passes / decodeMs;
}
