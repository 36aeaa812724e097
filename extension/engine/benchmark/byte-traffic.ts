/** How many bytes decoding one token must read from memory, computed from the model and from what fired. */
import type { NativeDescription } from '../addon.ts';

export type TrafficModel = Pick<
  NativeDescription,
  | 'sizeBytes'
  | 'lookedUpBytes'
  | 'feedForwardBytes'
  | 'cacheBytesPerToken'
  | 'mode'
  | 'gateBytes'
  | 'upDownBytes'
  | 'predictorBytes'
>;

/** Shares of all neurons, means over the decoded tokens; null where the decoder does not look. */
export interface NeuronTraffic {
  /** Whose activation was not zero (thresholded: above τ). */
  readonly activity: number | null;
  /** Whose gate was computed. */
  readonly computed: number | null;
}

/**
 * Weights and KV cache that must be read for one token: what is read beyond that, such as the up rows of hot neurons that
 * did not fire, counts as lost time and not as work.
 * @param position tokens in the KV cache
 */
export function bytesPerToken(model: TrafficModel, neurons: NeuronTraffic, position: number): number {
  const always = model.sizeBytes - model.lookedUpBytes - model.feedForwardBytes;
  const cache = model.cacheBytesPerToken * position;
  return always + cache + neuronBytes(model, neurons);
}

function neuronBytes(model: TrafficModel, { activity, computed }: NeuronTraffic): number {
  if (model.mode === 'dense' || activity === null) return model.feedForwardBytes;
  const found = activity * model.upDownBytes;
  if (model.mode !== 'predicted') return model.gateBytes + found;
  return model.predictorBytes + (computed ?? 1) * model.gateBytes + found;
}
