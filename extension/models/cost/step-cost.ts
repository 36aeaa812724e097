/**
 * What a step costs on a processor: the time to read each weight once or to multiply it with every token's column,
 * whichever is longer; attention over what stands before; rounding columns; and a fixed cost for each part of a layer.
 * All rates are measured or published: nothing here is fitted.
 */
import { ChunkLength } from './chunk-length.ts';
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

/**
 * Queries, keys and values; attention; its output; activations; down (`native/src/hybrid/products/packed_products.h`);
 * and rotating queries and keys and storing keys and values, which ggml does.
 */
export const nodesPerLayer = 9;
/** Smaller models are packed in memory at every load: `native/src/hybrid/products/packed_cache_store.cpp`. */
const leastCachedBytes = 256 * 2 ** 20;
/** Predictors are written so. */
const predictorType = 'Q8_0';
const halfBytes = 2;
/** That attention multiplies in one go: `native/src/kernels/attention_kernels.h`. */
const tilePositions = 64;

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
  const all = weightsOf(model.shape, model.quantisation);
  const mapped = mappedSeconds(all, rates);
  const reading = all.map(
    (weights) => weights.bytes * readShare(weights, model) * byteSeconds(weights, model.shape, rates, mapped),
  );
  const rounding = sum(columnsOf(model.shape)) * rates.step.valueSeconds;
  const predicting = model.sparsity.predictorBytes / rates.product(predictorType).bytesPerSecond;
  const choosing = model.shape.vocabulary * rates.step.logitSeconds;
  const attending = tokenAttention(model.shape, position, rates);
  return sum(reading) + predicting + rounding + attending + fixed(model.shape, 1, rates) + choosing;
}

/** Whether packed rows of so many bytes are mapped from a file. */
export function isMappedFromCache(bytes: number): boolean {
  return bytes >= leastCachedBytes;
}

/** What each byte takes longer for being mapped. */
function mappedSeconds(all: readonly Weights[], { step }: Rates): number {
  const packed = all.filter(({ part }) => part !== 'embedding').map(({ bytes }) => bytes);
  return isMappedFromCache(sum(packed)) ? step.mappedByteSeconds : 0;
}

/** The most probable token is chosen, as the editor asks: of a head that part is read which one plane takes. */
function byteSeconds({ part, type }: Weights, shape: ModelShape, rates: Rates, mapped: number): number {
  const { bytesPerSecond, choiceBytesPerSecond } = rates.product(type);
  if (part !== 'head' || shape.hasCloseLogits === true) return 1 / bytesPerSecond + mapped;
  return (1 + mapped * bytesPerSecond) / choiceBytesPerSecond;
}

/** Values of the columns that one token's products round, of all layers and the head. */
function columnsOf({ layers, embedding, heads, headLength, neurons, experts }: ModelShape): number[] {
  const used = experts?.used ?? 1;
  return [layers * (embedding + heads * headLength + embedding + used * neurons), embedding];
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
  const weights = weightsOf(model.shape, model.quantisation);
  const part = { shape: model.shape, weights, rates, threads };
  const secondsOf = (columns: number, done: number) =>
    chunkSeconds(part, { columns, position: position + done, isLast: done + columns >= tokens });
  const chunks = new ChunkLength((columns) => secondsOf(columns, 0));
  let seconds = 0;
  for (let done = 0; done < tokens;) {
    const columns = Math.min(chunks.tokens, tokens - done);
    const took = secondsOf(columns, done);
    chunks.learn(columns, took);
    seconds += took;
    done += columns;
  }
  return seconds;
}

interface Prompted {
  readonly shape: ModelShape;
  readonly weights: readonly Weights[];
  readonly rates: Rates;
  readonly threads: number;
}

/** Tokens of a prompt that are computed at once, behind `position` others. */
interface Chunk {
  readonly columns: number;
  readonly position: number;
  readonly isLast: boolean;
}

function chunkSeconds(model: Prompted, { columns, position, isLast }: Chunk): number {
  const { shape, rates, threads } = model;
  const { step } = rates;
  const mapped = mappedSeconds(model.weights, rates);
  const products = model.weights.map((weights) => {
    const { bytesPerSecond, productsPerSecond } = rates.product(weights.type);
    if (weights.part === 'embedding' || (weights.part === 'head' && !isLast)) return 0;
    const used = weights.part === 'head' ? 1 : columns;
    const bytes = weights.bytes * touchedShare(weights, shape, used);
    const multiplying = (weights.elements * usedShare(weights, shape) * used) / productsPerSecond;
    return Math.max(bytes / bytesPerSecond, multiplying) + bytes * mapped;
  });
  const scores = shape.layers * shape.heads * scoresOf(columns, position);
  const attending = (2 * scores * shape.headLength) / step.attentionPerSecond + scores * step.scoreSeconds;
  const sharing = columns > 1 ? threads : 1;
  const rounding = (sum(columnsOf(shape)) * columns * step.valueSeconds) / sharing;
  const writing = resultsPerToken(shape) * columns * step.resultSeconds;
  return sum(products) + attending + rounding + writing + fixed(shape, columns, rates);
}

/** Positions that `columns` queries behind `position` others are multiplied with: whole tiles. */
function scoresOf(columns: number, position: number): number {
  let scores = 0;
  for (let seen = position + 1; seen <= position + columns; seen++) scores += inTiles(seen);
  return scores;
}

function inTiles(positions: number): number {
  return Math.ceil(positions / tilePositions) * tilePositions;
}

/** Values that the products of one token write, but for the head. */
function resultsPerToken({
  layers,
  embedding,
  heads,
  kvHeads,
  headLength,
  neurons,
  isGated,
  experts,
}: ModelShape) {
  const { used } = experts ?? { used: 1 };
  return (
    layers * ((heads + 2 * kvHeads) * headLength + embedding + used * neurons * (isGated ? 2 : 1) + embedding)
  );
}

/** A value is read and converted once for all heads that share it, and multiplied once for each of them. */
function tokenAttention(
  { layers, heads, kvHeads, headLength }: ModelShape,
  position: number,
  { step }: Rates,
) {
  const positions = inTiles(position);
  const values = 2 * layers * kvHeads * headLength * positions;
  const scores = layers * heads * positions;
  return (
    values / step.keysPerSecond +
    (2 * scores * headLength) / step.tokenAttentionPerSecond +
    scores * step.tokenScoreSeconds
  );
}

/** What one thread does for each layer and each of `columns` tokens: beginning with its parts, and what ggml does between them. */
function fixed({ layers, heads, kvHeads, headLength }: ModelShape, columns: number, { step }: Rates): number {
  const rotated = (heads + 3 * kvHeads) * headLength * columns;
  return layers * (nodesPerLayer * step.nodeSeconds + rotated * step.rotationSeconds);
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
