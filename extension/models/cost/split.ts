/**
 * A model shared between a GPU and the processor: what lies where under a budget of memory, and what a step costs then. The
 * closed form of what `extension/engine/placement/` solves for real models: all layers are alike here, so that hot neurons
 * go to the GPU in equal shares of every layer.
 */
import { activationsOf, always, type Frequencies, mean } from './frequencies.ts';
import { type CostGpu, type CostMachine, type Rates, ratesOf } from './machine.ts';
import type { ModelShape } from './shape.ts';
import {
  cacheBytesPerToken,
  type CostedModel,
  decodeSeconds,
  prefillSeconds,
  usedShare,
} from './step-cost.ts';
import { type Part, weightsOf } from './weights.ts';

/** Shares between 0 and 1. */
export interface Split {
  /** Of the layers, those with attention, keys and values on the GPU. */
  readonly attention: number;
  readonly head: number;
  /** Of the predictors. */
  readonly predictors: number;
  /** Of the neurons, the ones that fire most often. */
  readonly neurons: number;
  /** Of all activations, those of the neurons there. */
  readonly activations: number;
  readonly gpuBytes: number;
}

export const onProcessor: Split = {
  attention: 0,
  head: 0,
  predictors: 0,
  neurons: 0,
  activations: 0,
  gpuBytes: 0,
};

/** Computes neurons of its own while the other does. */
export interface SplitModel extends CostedModel {
  /** How often the neurons fire. */
  readonly frequencies: Frequencies;
}

/** Without sparsity. */
export function denseModel(model: CostedModel): SplitModel {
  return { ...model, frequencies: always };
}

/**
 * What every token reads goes to the GPU first: attention with its cache, predictors, the head; then neurons, by how often
 * they fire (PowerInfer, section 6, and its order of devices).
 */
export function splitFor(model: SplitModel, budgetBytes: number, contextLength: number): Split {
  const bytes = bytesOfParts(model, contextLength);
  let left = budgetBytes;
  const place = (wanted: number) => {
    const share = wanted === 0 ? 0 : Math.min(1, Math.max(0, left) / wanted);
    left -= share * wanted;
    return share;
  };
  // With all neurons there, which it computes densely, nobody asks a predictor.
  const isWhole = bytes.attention + bytes.head + bytes.neurons <= budgetBytes;
  const attention = place(bytes.attention);
  const predictors = isWhole ? 0 : place(model.sparsity.predictorBytes);
  const head = place(bytes.head);
  const neurons = place(bytes.neurons);
  const activations = neurons === 0 ? 0 : activationsOf(model.frequencies, neurons);
  return { attention, predictors, head, neurons, activations, gpuBytes: budgetBytes - left };
}

function bytesOfParts({ shape, quantisation }: CostedModel, contextLength: number) {
  const weights = weightsOf(shape, quantisation);
  const of = (...parts: Part[]) =>
    weights.filter(({ part }) => parts.includes(part)).reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    attention: of('attention', 'router') + contextLength * cacheBytesPerToken(shape),
    head: of('head'),
    neurons: of('gate', 'upDown'),
  };
}

/** Seconds of one token behind `position` others. */
export function splitDecodeSeconds(
  model: SplitModel,
  split: Split,
  position: number,
  machine: CostMachine,
  threads: number,
): number {
  const { gpu } = machine;
  if (gpu === null || split.gpuBytes === 0) return decodeSeconds(model, position, machine, threads);
  const rates = ratesOf(machine, threads);
  const reading = readingOf(model, rates, gpu);
  const cache = position * cacheBytesPerToken(model.shape);
  const predictorBytes = split.neurons < 1 ? model.sparsity.predictorBytes : 0;
  const attention = reading('attention', 'router');
  const [onGpu, onCpu] = [split.attention, 1 - split.attention];
  return (
    onGpu * (attention.gpu + cache / gpu.bytesPerSecond) +
    onCpu * (attention.cpu + cache / halfBytes / rates.step.keysPerSecond) +
    shared(reading('head'), split.head) +
    shared(predictorSeconds(predictorBytes, rates, gpu), split.predictors) +
    neuronSeconds(model, split, reading('gate'), reading('upDown')) +
    waitingSeconds(model.shape, split, rates, gpu) +
    model.shape.vocabulary * rates.step.logitSeconds
  );
}

const halfBytes = 2;

/** Seconds of reading all of something, by who does it. */
interface Reading {
  readonly cpu: number;
  readonly gpu: number;
}

function shared({ cpu, gpu }: Reading, onGpu: number): number {
  return onGpu * gpu + (1 - onGpu) * cpu;
}

function readingOf({ shape, quantisation }: CostedModel, rates: Rates, gpu: CostGpu) {
  const weights = weightsOf(shape, quantisation);
  return (...parts: Part[]): Reading => {
    const some = weights.filter(({ part }) => parts.includes(part));
    const seconds = (bytesPerSecond: (type: string) => number) =>
      some.reduce((sum, one) => sum + (usedShare(one, shape) * one.bytes) / bytesPerSecond(one.type), 0);
    return {
      cpu: seconds((type) => rates.product(type).bytesPerSecond),
      gpu: seconds(() => gpu.bytesPerSecond),
    };
  };
}

function predictorSeconds(bytes: number, rates: Rates, gpu: CostGpu): Reading {
  return { cpu: bytes / rates.product('Q8_0').bytesPerSecond, gpu: bytes / gpu.bytesPerSecond };
}

/** Both devices compute their neurons at the same time: the GPU all of its own, the processor those that may fire. */
function neuronSeconds(model: SplitModel, split: Split, gates: Reading, upDown: Reading): number {
  const onGpu = split.neurons * (gates.gpu + upDown.gpu);
  return Math.max(onGpu, coldGates(model, split) * gates.cpu + coldActivity(model, split) * upDown.cpu);
}

/** Share of all neurons that fire and lie on the processor. */
export function coldActivity({ sparsity, frequencies }: SplitModel, { neurons, activations }: Split): number {
  if (sparsity.activity >= 1) return 1 - neurons;
  return Math.min(1 - neurons, mean(frequencies) * (1 - activations));
}

/** Of the gates there, all that no predictor spares. */
function coldGates(model: SplitModel, split: Split): number {
  const { activity, gates } = model.sparsity;
  const all = 1 - split.neurons;
  return gates >= 1 ? all : Math.min(all, coldActivity(model, split) * (gates / activity));
}

/** The devices wait for each other once in every layer that both compute, and threads for each other twice. */
function waitingSeconds(
  { layers }: ModelShape,
  { attention, neurons }: Split,
  { step }: Rates,
  gpu: CostGpu,
): number {
  const crossing = neurons < 1 ? attention : 1 - attention;
  return layers * (crossing * gpu.syncSeconds + (neurons < 1 ? 2 * step.nodeSeconds : 0));
}

/** Seconds of a prompt's tokens: every neuron is computed where it lies, both devices at the same time. */
export function splitPrefillSeconds(
  model: SplitModel,
  split: Split,
  tokens: number,
  machine: CostMachine,
  threads: number,
): number {
  const { gpu } = machine;
  const dense = { ...model, sparsity: { activity: 1, gates: 1, predictorBytes: 0 } };
  const alone = prefillSeconds(dense, tokens, 0, machine, threads);
  if (gpu === null || split.gpuBytes === 0) return alone;
  const share = gpuShareOf(dense, split);
  const elements = weightsOf(model.shape, model.quantisation)
    .filter(({ part }) => part !== 'embedding' && part !== 'head')
    .reduce((sum, one) => sum + usedShare(one, model.shape) * one.elements, 0);
  const multiplying = (share * elements * tokens) / (gpu.productsPerSecond ?? Infinity);
  const onGpu = Math.max(multiplying, split.gpuBytes / gpu.bytesPerSecond);
  return Math.max(onGpu, (1 - share) * alone);
}

/** Of a prompt's products, those on the GPU. */
function gpuShareOf({ shape, quantisation }: CostedModel, split: Split): number {
  let [onGpu, all] = [0, 0];
  for (const weights of weightsOf(shape, quantisation)) {
    if (weights.part === 'embedding' || weights.part === 'head') continue;
    const isNeurons = weights.part === 'gate' || weights.part === 'upDown';
    const elements = usedShare(weights, shape) * weights.elements;
    onGpu += elements * (isNeurons ? split.neurons : split.attention);
    all += elements;
  }
  return onGpu / all;
}
