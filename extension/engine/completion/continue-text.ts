/**
 * Use case: a text is continued as it stands, for callers that write their prompts themselves. Nothing is added, healed or
 * trimmed.
 */
import type { CompletionFigures } from '../../protocol/figures.ts';
import type { NativeGenerateOptions } from '../addon.ts';
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { type CallersLimits, LimitWatch } from './callers-limits.ts';
import { completionFigures } from './completion-figures.ts';
import { generate } from './generate.ts';
import { joined } from './prompt/fim-prompt.ts';
import type { DocumentPrompts } from './prompt/document-prompts.ts';

export interface ContinueParams extends Pick<
  NativeGenerateOptions,
  'maxTokens' | 'temperature' | 'topK' | 'topP' | 'minP' | 'seed' | 'ignoreEndOfText'
> {
  /**
   * Text, or token ids. What is spelled like a control token in a text is one: the caller writes prompts of any form with
   * them.
   */
  readonly prompt: string | readonly number[];
}

export interface ContinueResult extends Omit<CompletionFigures, 'confidence'> {
  readonly text: string;
}

export interface ContinuationTools {
  readonly model: LoadedModel;
  readonly prompts: Pick<DocumentPrompts, 'record'>;
  /** Aborted: the native computation ends within one token, and the result is `cancelled`. */
  readonly signal: AbortSignal;
  /** Newly generated text; may go beyond what the limits want. */
  readonly onText: (text: string) => void;
  readonly limits: CallersLimits;
}

/** @throws EngineError `badInput` where the prompt leaves no room in the context */
export async function continueText(
  params: ContinueParams,
  { model, prompts, signal, onText, limits }: ContinuationTools,
): Promise<ContinueResult> {
  const start = performance.now();
  const { native, description } = model;
  const tokens = promptTokens(params.prompt, model);
  const room = description.contextLength - tokens.length;
  if (tokens.length === 0) throw new EngineError('badInput', 'the prompt is empty');
  if (room < 1) throw new EngineError('badInput', tooLong(tokens.length, description.contextLength));

  const { prompt: _prompt, ...sampling } = params;
  const options = {
    ...sampling,
    maxTokens: Math.min(params.maxTokens, room),
    maxLines: 0,
    maxMilliseconds: 0,
  };
  const preparedMs = performance.now() - start;
  const watch = new LimitWatch(limits);
  const { generation, isDone } = await generate(native, tokens, options, {
    signal,
    onText,
    isDone: (text) => watch.isEnough(text),
  });
  const isBegun = generation.cachedTokens + generation.prefilledTokens > 0;
  prompts.record(
    { tokens, held: new Uint8Array(0), sequence: null, freshTokens: tokens.length, isShort: false },
    {
      held: generation.held,
      isBegun,
    },
  );
  return {
    text: generation.text.slice(0, limits.cut(generation.text)),
    ...completionFigures(generation, native, { preparedMs, totalMs: performance.now() - start }),
    ...(isDone ? { stopReason: watch.isLate ? 'maxTime' : 'trimmed' } : {}),
  };
}

function promptTokens(prompt: ContinueParams['prompt'], { native, description }: LoadedModel): Int32Array {
  if (typeof prompt !== 'string') return checked(prompt, description.vocabularySize);
  const { beginningOfSequence: bos } = description;
  const tokens = native.tokenize(prompt, true);
  return bos === null || tokens[0] === bos ? tokens : joined([bos], tokens);
}

function checked(ids: readonly number[], vocabularySize: number): Int32Array {
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabularySize);
  if (wrong !== undefined) throw new EngineError('badInput', `${wrong} is no token of the vocabulary`);
  return Int32Array.from(ids);
}

function tooLong(tokens: number, contextLength: number): string {
  return `the prompt has ${tokens} tokens, and the context ${contextLength}: shorten it, or load the model with more context`;
}
