/** How fast a generation was, its prompt left out. */
import type { NativeGeneration } from '../addon.ts';

/**
 * Decoding is timed from the end of the first pass, which belongs to the prompt; with drafts a pass makes several tokens, the
 * first one too. So of all tokens, with the one that ended the text, the share of the other passes counts.
 * @returns tokens per millisecond; null of a single pass
 */
export function decodeRate({
  tokens,
  endProbability,
  passes,
  decodeMs,
}: Pick<NativeGeneration, 'tokens' | 'endProbability' | 'passes' | 'decodeMs'>): number | null {
  if (passes < 2 || decodeMs <= 0) return null;
  const computed = tokens.length + (endProbability === null ? 0 : 1);
  return (computed * (passes - 1)) / passes / decodeMs;
}
