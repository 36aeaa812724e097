/** How many bytes decoding one token reads from memory, computed from the model. */
import type { NativeDescription } from '../addon.ts';

/** Of a gated feed-forward block's three matrices, exact mode reads the gate of every cold neuron. */
const gateShare = 1 / 3;

type Traffic = Pick<
  NativeDescription,
  'sizeBytes' | 'lookedUpBytes' | 'feedForwardBytes' | 'cacheBytesPerToken' | 'mode' | 'hotShare'
>;

/**
 * Weights and KV cache read for one token.
 * @param activity share of all neurons that fired; null counts every neuron. Hot neurons fire more often than cold ones,
 *   so taking it for the cold ones too makes the result too large rather than too small.
 * @param position tokens in the KV cache
 */
export function bytesPerToken(model: Traffic, activity: number | null, position: number): number {
  const always = model.sizeBytes - model.lookedUpBytes - model.feedForwardBytes;
  const cache = model.cacheBytesPerToken * position;
  return always + cache + model.feedForwardBytes * feedForwardShare(model, activity);
}

function feedForwardShare({ mode, hotShare }: Traffic, activity: number | null): number {
  if (mode === 'dense' || activity === null) return 1;
  return hotShare + (1 - hotShare) * (gateShare + (1 - gateShare) * activity);
}
