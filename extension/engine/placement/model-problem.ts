/** From a model's bytes, its profile and measured rates to what the solver is given. */
import type { Mode } from '../../protocol/figures.ts';
import type { NativeDeviceRates, NativePlacementCosts } from '../native-devices.ts';
import type { LayerProblem, Neurons, Part, PlacementProblem } from './problem.ts';

export interface ModelKnowledge {
  readonly costs: NativePlacementCosts;
  readonly rates: NativeDeviceRates;
  readonly mode: Mode;
  /** Per layer, in any order; null without a profile: every neuron then counts as firing for every token. */
  readonly frequencies: readonly Float32Array[] | null;
  /** θ: neurons of at least this frequency are computed without asking, on the CPU too. */
  readonly hotThreshold: number;
  /** Of all layers; 0 without predictors. */
  readonly predictorBytes: number;
}

/** Of a gated block's three rows per neuron, the gate's. */
const gateShare = 1 / 3;

/** Completions fill the context to about this share on average: keys and values behind it are not read. */
const filledContext = 1 / 2;

export function modelProblem(model: ModelKnowledge): PlacementProblem {
  const { costs, rates } = model;
  return {
    layers: costs.layers.map((_, index) => layerProblem(model, index)),
    head: part(costs.headBytes, costs.headBytes, rates),
    scratchBytes: costs.scratchBytes,
    syncSeconds: rates.syncSeconds,
  };
}

function layerProblem(model: ModelKnowledge, index: number): LayerProblem {
  const { costs, rates } = model;
  const layer = costs.layers[index];
  if (layer === undefined) throw new RangeError(`the model has no layer ${index}`);
  const { attentionBytes, kvBytes } = layer;
  return {
    attention: part(attentionBytes + kvBytes, attentionBytes + kvBytes * filledContext, rates),
    neurons: neuronsOf(model, layer, model.frequencies?.[index] ?? null),
  };
}

function part(bytes: number, bytesRead: number, rates: NativeDeviceRates): Part {
  return {
    bytes,
    gpuSeconds: bytesRead / rates.gpuBytesPerSecond,
    cpuSeconds: bytesRead / rates.cpuBytesPerSecond,
  };
}

function neuronsOf(
  { costs, rates, mode, hotThreshold, predictorBytes }: ModelKnowledge,
  layer: NativePlacementCosts['layers'][number],
  counted: Float32Array | null,
): Neurons {
  const { neurons: count, neuronBytes, neuronGranularity, feedForwardBytes } = layer;
  const frequencies = counted?.toSorted((left, right) => right - left) ?? new Float32Array(count).fill(1);
  const secondsPerNeuron = neuronBytes / rates.cpuBytesPerSecond;
  const readShare = (frequency: number) =>
    frequency >= hotThreshold ? 1 : expectedReadShare(mode, frequency);
  const asks = mode === 'predicted';
  return {
    count,
    bytes: neuronBytes,
    wholeBytes: Math.min(feedForwardBytes, count * neuronBytes),
    granularity: neuronGranularity,
    gpuSeconds: neuronBytes / rates.gpuBytesPerSecond,
    cpuSeconds: Float64Array.from(frequencies, (frequency) => secondsPerNeuron * readShare(frequency)),
    predictorSeconds: asks ? predictorBytes / costs.layers.length / rates.cpuBytesPerSecond : 0,
    frequencies,
  };
}

/** Share of a cold neuron's rows that the CPU reads for a token, on average. */
function expectedReadShare(mode: Mode, frequency: number): number {
  switch (mode) {
    case 'dense':
      return 1;
    case 'exact':
    case 'thresholded':
      return gateShare + (1 - gateShare) * frequency;
    case 'predicted':
      return frequency;
  }
}
