/** The figures of one generation, as the protocol tells them. */
import type { CompletionFigures } from '../../protocol/figures.ts';
import type { NativeDescription, NativeGeneration, NativeModel } from '../addon.ts';
import { neuronSplit } from '../model/model-figures.ts';
import { bytesPerToken } from '../benchmark/byte-traffic.ts';
import { decodeRate } from './decode-rate.ts';

/** In milliseconds. */
export interface Timing {
  /** Before the native call. */
  readonly preparedMs: number;
  readonly totalMs: number;
}

export function completionFigures(
  generation: NativeGeneration,
  native: Pick<NativeModel, 'describe'>,
  timing: Timing,
): Omit<CompletionFigures, 'confidence'> {
  // Not the description from the load: the GPU may have been lost since.
  const description = native.describe();
  return {
    tokens: generation.tokens.length,
    promptTokens: generation.promptTokens,
    cachedTokens: generation.cachedTokens,
    timeToFirstTokenMs: timing.preparedMs + generation.timeToFirstTokenMs,
    totalMs: timing.totalMs,
    tokensPerSecond: perSecond(decodeRate(generation)),
    passes: generation.passes,
    drafts: generation.drafts,
    decoder: description.decoder,
    device: description.device,
    neuronSplit: neuronSplit(description, generation),
    stopReason: generation.stopReason,
    bytesPerToken: bytesRead(description, generation),
  };
}

/** Per token, from main memory and on the GPU together. */
function bytesRead(description: NativeDescription, generation: NativeGeneration): number | null {
  if (description.decoder === 'server' || generation.tokens.length === 0) return null;
  const position = generation.promptTokens + generation.tokens.length / 2;
  const { mainMemory, gpu } = bytesPerToken(description, generation, position, null);
  return mainMemory + gpu;
}

function perSecond(perMillisecond: number | null): number | null {
  return perMillisecond === null ? null : perMillisecond * 1000;
}
