/**
 * What a step costs on a processor: the time to read each weight once or to multiply it with every token's column,
 * whichever is longer; attention over what stands before; and a fixed cost for each part of a layer that threads share.
 * All rates are measured or published: nothing here is fitted.
 */
import { type CostMachine, type Rates, ratesOf } from './machine.ts';
import type { ModelShape } from './shape.ts';
import { type Weights, weightsOf } from './weights.ts';

/** Which neurons are computed. */
export interface Sparsity {
  /** Share of the neurons whose up and down rows a token reads. */
  readonly activity: number;
  /** Share of the neurons whose gate a token reads: 1 where each gate says itself whether its neuron fires. */
  readonly gates: number;
  /** Of predictors, read for every token. */
  readonly predictorBytes: number;
}

export const dense: Sparsity = { activity: 1, gates: 1, predictorBytes: 0 };

export interface CostedModel {
  readonly shape: ModelShape;
  readonly quantisation: string;
  readonly sparsity: Sparsity;
}

/** Queries, keys and values; attention; its output; activations; down: `native/src/hybrid/products/packed_products.h`. */
const nodesPerLayer = 5;
/** Tokens that one pass of a prompt takes at the most. */
const chunkTokens = 512;
/** Predictors are written so. */
const predictorType = 'Q8_0';
const halfBytes = 2;

/** Bytes of weights that decoding one token reads. */
export function weightBytesPerToken(model: CostedModel): number {
  const read = weightsOf(model.shape, model.quantisation).map(
    (weights) => weights.bytes * readShare(weights, model),
  );
  return sum(read) + model.sparsity.predictorBytes;
}

/** Bytes of keys and values that one token adds, in F16. */
export function cacheBytesPerToken({ layers, kvHeads, headLength }: ModelShape): number {
  return 2 * layers * kvHeads * headLength * halfBytes;
}

/** Seconds of one token behind `position` others. */
export function decodeSeconds(
  model: CostedModel,
  position: number,
  machine: CostMachine,
  threads: number,
): number {
  const rates = ratesOf(machine, threads);
  const reading = weightsOf(model.shape, model.quantisation).map(
    (weights) => (weights.bytes * readShare(weights, model)) / readRate(weights, rates),
  );
  const predicting = model.sparsity.predictorBytes / rates.product(predictorType).bytesPerSecond;
  const choosing = model.shape.vocabulary * rates.step.logitSeconds;
  return (
    sum(reading) + predicting + tokenAttention(model.shape, position, rates) + fixed(model.shape, rates) + choosing
  );
}

/** The most probable token is chosen, as the editor asks. */
function readRate({ part, type }: Weights, rates: Rates): number {
  const { bytesPerSecond, choiceBytesPerSecond } = rates.product(type);
  return part === 'head' ? choiceBytesPerSecond : bytesPerSecond;
}

/** Seconds of `tokens` tokens of a prompt behind `position` others, with the logits of the last. */
export function prefillSeconds(
  model: CostedModel,
  tokens: number,
  position: number,
  machine: CostMachine,
  threads: number,
): number {
  const rates = ratesOf(machine, threads);
  let seconds = 0;
  for (let done = 0; done < tokens; done += chunkTokens) {
    const columns = Math.min(chunkTokens, tokens - done);
    const isLast = done + columns >= tokens;
    seconds += chunkSeconds(model, columns, position + done, isLast, rates);
  }
  return seconds;
}

function chunkSeconds(
  model: CostedModel,
  columns: number,
  position: number,
  isLast: boolean,
  rates: Rates,
): number {
  const { shape, quantisation } = model;
  const products = weightsOf(shape, quantisation).map((weights) => {
    const { bytesPerSecond, productsPerSecond } = rates.product(weights.type);
    if (weights.part === 'embedding' || (weights.part === 'head' && !isLast)) return 0;
    const used = weights.part === 'head' ? 1 : columns;
    const reading = (weights.bytes * touchedShare(weights, shape, used)) / bytesPerSecond;
    return Math.max(reading, (weights.elements * usedShare(weights, shape) * used) / productsPerSecond);
  });
  const seen = columns * (position + (columns + 1) / 2);
  const attending = (2 * shape.layers * shape.heads * shape.headLength * seen) / rates.step.attentionPerSecond;
  return sum(products) + attending + fixed(shape, rates);
}

/** A value is read and converted once for all heads that share it, and multiplied once for each of them. */
function tokenAttention({ layers, heads, kvHeads, headLength }: ModelShape, position: number, { step }: Rates) {
  const values = 2 * layers * kvHeads * headLength * position;
  const further = (heads / kvHeads - 1) * values;
  return values / step.keysPerSecond + further / step.attentionPerSecond;
}

function fixed({ layers }: ModelShape, { step }: Rates): number {
  return layers * nodesPerLayer * step.nodeSeconds;
}

/** Of a part's bytes, what one token reads. */
function readShare(weights: Weights, { shape, sparsity }: CostedModel): number {
  if (weights.part === 'embedding') return 0;
  const used = usedShare(weights, shape);
  if (weights.part === 'gate') return used * sparsity.gates;
  return weights.part === 'upDown' ? used * sparsity.activity : used;
}

/** Of a part's weights, those that one token is multiplied with when it is dense: of several experts some. */
export function usedShare({ part }: Pick<Weights, 'part'>, { experts }: ModelShape): number {
  const isOfExperts = part === 'gate' || part === 'upDown';
  return isOfExperts && experts !== null ? experts.used / experts.count : 1;
}

/** Of a part's weights, those that some of `columns` tokens uses, where each takes experts at random. */
function touchedShare(weights: Weights, shape: ModelShape, columns: number): number {
  return 1 - (1 - usedShare(weights, shape)) ** columns;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
