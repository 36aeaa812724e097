/** How many bytes decoding one token must read, from main memory and on a GPU: computed from the model and what fired. */
import type { NativeDescription } from '../addon.ts';

export type TrafficModel = Pick<
  NativeDescription,
  | 'sizeBytes'
  | 'lookedUpBytes'
  | 'ownPredictorBytes'
  | 'feedForwardBytes'
  | 'cacheBytesPerToken'
  | 'mode'
  | 'gateBytes'
  | 'upDownBytes'
  | 'predictorBytes'
  | 'layers'
  | 'gpuShare'
  | 'attentionLayersOnGpu'
  | 'headOnGpu'
  | 'headBytesLeftOut'
>;

/** Means over the decoded tokens; null where the decoder does not look. */
export interface NeuronTraffic {
  /** Share of the CPU's neurons whose activation was not zero (thresholded: above τ). */
  readonly activity: number | null;
  /** Share of all neurons whose gate was computed, by the GPU too. */
  readonly computed: number | null;
}

/** Bytes of what lies on a GPU as a whole or not at all. */
export interface PartBytes {
  /** Weights of one layer's attention. */
  readonly attention: number;
  readonly head: number;
}

export interface Traffic {
  readonly mainMemory: number;
  readonly gpu: number;
}

/**
 * Weights and KV cache that must be read for one token: what is read beyond that, such as the up rows of hot neurons that
 * did not fire, counts as lost time and not as work. Neurons on the GPU are all computed, and read there.
 * @param position tokens in the KV cache
 * @param parts null: nothing lies on a GPU
 */
export function bytesPerToken(
  model: TrafficModel,
  neurons: NeuronTraffic,
  position: number,
  parts: PartBytes | null,
): Traffic {
  const { sizeBytes, lookedUpBytes, ownPredictorBytes, feedForwardBytes } = model;
  const always = sizeBytes - lookedUpBytes - ownPredictorBytes - feedForwardBytes - model.headBytesLeftOut;
  const cache = model.cacheBytesPerToken * position;
  const gpuAlways = parts === null ? 0 : partsOnGpu(model, parts);
  const gpuCache = cache * (model.attentionLayersOnGpu / model.layers);
  return {
    mainMemory: always - gpuAlways + cache - gpuCache + neuronBytes(model, neurons),
    gpu: gpuAlways + gpuCache + model.gpuShare * feedForwardBytes,
  };
}

function partsOnGpu({ attentionLayersOnGpu, headOnGpu }: TrafficModel, parts: PartBytes): number {
  return attentionLayersOnGpu * parts.attention + (headOnGpu ? parts.head : 0);
}

/** From main memory. */
function neuronBytes(model: TrafficModel, { activity, computed }: NeuronTraffic): number {
  const { gpuShare, mode, gateBytes, upDownBytes, predictorBytes } = model;
  if (mode === 'dense' || activity === null) return (1 - gpuShare) * model.feedForwardBytes;
  const found = (1 - gpuShare) * activity * upDownBytes;
  const gates = (computed ?? 1) - gpuShare;
  return (mode === 'predicted' ? predictorBytes : 0) + gates * gateBytes + found;
}
