/** A shape's weights in a quantisation: which matrices there are, of which types, in how many bytes. */
import type { ModelShape } from './shape.ts';

/** What a matrix is part of; of `embedding` a token reads one row. */
export type Part = 'embedding' | 'attention' | 'gate' | 'upDown' | 'router' | 'head';

/** Matrices of one part and type, together. */
export interface Weights {
  readonly part: Part;
  readonly type: string;
  /** Multiply-adds of one token, if it uses all of them. */
  readonly elements: number;
  readonly bytes: number;
}

/** Bytes of a block, and the weights that it has (ggml's formats). */
const blocks: Readonly<Record<string, readonly [bytes: number, weights: number]>> = {
  F16: [2, 1],
  BF16: [2, 1],
  Q4_0: [18, 32],
  Q4_1: [20, 32],
  Q5_0: [22, 32],
  Q5_1: [24, 32],
  Q8_0: [34, 32],
  Q4_K: [144, 256],
  Q5_K: [176, 256],
  Q6_K: [210, 256],
};

/** Those that whole files are named for. */
export const quantisations = ['F16', 'Q8_0', 'Q6_K', 'Q5_0', 'Q4_K_M', 'Q4_1', 'Q4_0'] as const;

/** Where rows are no multiple of 256, llama.cpp writes these in place of K-quants. */
const shortRows: Readonly<Record<string, string>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' };

/** @throws RangeError for a type of which nobody entered the blocks */
export function bytesOf(type: string, elements: number): number {
  const block = blocks[type];
  if (block === undefined) throw new RangeError(`${type} is no type of weights that is known here`);
  return (elements / block[1]) * block[0];
}

interface Matrix {
  readonly part: Part;
  readonly rows: number;
  readonly length: number;
  readonly type: string;
}

/** @param quantisation a type of ggml's, or `Q4_K_M` as llama-quantize mixes it */
export function weightsOf(shape: ModelShape, quantisation: string): Weights[] {
  const matrices = [...endsOf(shape, quantisation), ...layersOf(shape, quantisation)];
  const sums = new Map<string, Weights>();
  for (const { part, rows, length, type } of matrices) {
    const written = length % 256 === 0 ? type : (shortRows[type] ?? type);
    const key = `${part} ${written}`;
    const before = sums.get(key) ?? { part, type: written, elements: 0, bytes: 0 };
    const elements = before.elements + rows * length;
    sums.set(key, { part, type: written, elements, bytes: bytesOf(written, elements) });
  }
  return [...sums.values()];
}

function endsOf({ vocabulary, embedding, hasHead }: ModelShape, quantisation: string): Matrix[] {
  const matrix = { rows: vocabulary, length: embedding };
  const head: Matrix = { ...matrix, part: 'head', type: headType(quantisation) };
  return hasHead ? [{ ...matrix, part: 'embedding', type: base(quantisation) }, head] : [head];
}

function layersOf(shape: ModelShape, quantisation: string): Matrix[] {
  const { layers, embedding, heads, kvHeads, headLength, neurons, isGated, experts } = shape;
  const type = base(quantisation);
  const all = neurons * (experts?.count ?? 1);
  return Array.from({ length: layers }, (_, layer): Matrix[] => {
    const better = quantisation === 'Q4_K_M' && getsMoreBits(layer, layers) ? 'Q6_K' : type;
    return [
      { part: 'attention', rows: (heads + kvHeads) * headLength, length: embedding, type },
      { part: 'attention', rows: kvHeads * headLength, length: embedding, type: better },
      { part: 'attention', rows: embedding, length: heads * headLength, type },
      ...(isGated ? [{ part: 'gate', rows: all, length: embedding, type } as const] : []),
      { part: 'upDown', rows: all, length: embedding, type },
      { part: 'upDown', rows: embedding * (experts?.count ?? 1), length: neurons, type: better },
      ...(experts === null ? [] : [routerOf(shape, experts.count)]),
    ];
  }).flat();
}

/** Read in F32: counted as two of F16. */
function routerOf({ embedding }: ModelShape, experts: number): Matrix {
  return { part: 'router', rows: 2 * experts, length: embedding, type: 'F16' };
}

/** Of Q4_K_M: llama-quantize gives values and down matrices six bits in the first and last eighth of the layers and in every third between. */
function getsMoreBits(layer: number, layers: number): boolean {
  const eighth = Math.floor(layers / 8);
  return layer < eighth || layer >= Math.floor((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

function base(quantisation: string): string {
  return quantisation === 'Q4_K_M' ? 'Q4_K' : quantisation;
}

/** Files of few bits keep the head in more: llama-quantize's mixtures in six, others here in eight. */
function headType(quantisation: string): string {
  if (quantisation === 'Q4_K_M') return 'Q6_K';
  return /^Q\d/.test(quantisation) ? 'Q8_0' : quantisation;
}
