/** Plain text as the token sequences that a model is scored on. */
import type { NativeModel } from '../addon.ts';

type Vocabulary = Pick<NativeModel, 'describe' | 'tokenize' | 'detokenize'>;

export interface WindowSize {
  /** Tokens in a window, the one that the vocabulary puts first included. */
  readonly length: number;
  /** At most so many tokens of the text. */
  readonly most: number;
}

/** Sequences of which each token but the first is predicted; every one begins as the vocabulary asks for. */
export function textWindows(native: Vocabulary, text: string, { length, most }: WindowSize): Int32Array[] {
  const start = native.describe().beginningOfSequence;
  const first = start === null ? [] : [start];
  const step = length - first.length;
  const tokens = native.tokenize(text, false).subarray(0, most);
  return Array.from({ length: Math.ceil(tokens.length / step) }, (_, index) =>
    Int32Array.from([...first, ...tokens.subarray(index * step, (index + 1) * step)]),
  ).filter((window) => window.length > 1);
}

/** UTF-8 bytes of the text that a window's predicted tokens stand for. */
export function predictedBytes(native: Vocabulary, window: Int32Array): number {
  const bytesOf = (tokens: Int32Array) => Buffer.byteLength(native.detokenize(tokens));
  return bytesOf(window) - bytesOf(window.subarray(0, 1));
}
