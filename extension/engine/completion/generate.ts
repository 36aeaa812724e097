/** One native generation that ends as soon as nothing it could add is wanted. */
import type { NativeGenerateOptions, NativeGeneration, NativeModel } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { cancelling } from './cancelling.ts';

export interface GenerationControl {
  /** Aborted: the native computation ends within one token. */
  readonly signal: AbortSignal;
  /** Newly generated text. */
  readonly onText: (text: string) => void;
  /** Whether the text so far is all that is wanted. */
  readonly isDone: (text: string) => boolean;
}

export interface Generated {
  /** Where `isDone` ended it, the text is that which was judged: what came until it did end is left to chance. */
  readonly generation: NativeGeneration;
  /** Ended because `isDone` said so, not by the caller's signal. */
  readonly isDone: boolean;
}

/** @throws EngineError */
export async function generate(
  model: Pick<NativeModel, 'generate' | 'cancel'>,
  prompt: Int32Array,
  options: NativeGenerateOptions,
  { signal, onText, isDone }: GenerationControl,
): Promise<Generated> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  let text = '';
  const onPiece = (piece: string) => {
    onText(piece);
    if (stop.aborted) return;
    text += piece;
    if (isDone(text)) done.abort();
  };
  try {
    const generation = await cancelling(model, stop, () => model.generate(prompt, options, onPiece));
    const wasDone = done.signal.aborted && !signal.aborted;
    return { generation: wasDone ? { ...generation, text } : generation, isDone: wasDone };
  } catch (error) {
    throw asEngineError(error);
  }
}
