/** One native generation that ends as soon as nothing it could add is wanted. */
import type { NativeGenerateOptions, NativeGeneration, NativeModel } from '../addon.ts';
import { asEngineError } from '../errors.ts';

export interface GenerationControl {
  /** Aborted: the native computation ends within one token. */
  readonly signal: AbortSignal;
  /** Newly generated text. */
  readonly onText: (text: string) => void;
  /** Whether the text so far is all that is wanted. */
  readonly isDone: (text: string) => boolean;
}

export interface Generated {
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
  const cancel = () => {
    model.cancel();
  };
  let text = '';
  const running = model.generate(prompt, options, (piece) => {
    onText(piece);
    text += piece;
    if (!stop.aborted && isDone(text)) done.abort();
  });
  stop.addEventListener('abort', cancel, { once: true });
  if (stop.aborted) cancel();
  try {
    const generation = await running;
    return { generation, isDone: done.signal.aborted && !signal.aborted };
  } catch (error) {
    throw asEngineError(error);
  } finally {
    stop.removeEventListener('abort', cancel);
  }
}
