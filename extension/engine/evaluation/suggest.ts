/** Completions as the editor asks for them, greedy and without its time limit: how busy the machine is changes nothing. */
import type { CompleteResult } from '../../protocol/requests.ts';
import { complete } from '../completion/complete.ts';
import { DocumentPrompts } from '../completion/prompt/document-prompts.ts';
import type { PromptForm } from '../completion/prompt/prompt-form.ts';
import { tokenCounter } from '../completion/prompt/token-counter.ts';
import { Rates } from '../completion/rates.ts';
import type { LoadedModel } from '../model/load-model.ts';

export interface SuggestionRequest {
  readonly prefix: string;
  readonly suffix: string;
  /** null: unknown. */
  readonly path: string | null;
  readonly maxLines: number;
}

export type Suggestion = Pick<CompleteResult, 'text' | 'overlap' | 'evidence' | 'confidence'>;
export type Suggest = (request: SuggestionRequest) => Promise<Suggestion>;

/** The editor's default. */
export const maxTokens = 64;

export interface PromptChoice {
  /** The model's own when left out. */
  readonly form?: PromptForm;
  /** What is told of other files; nothing when left out. */
  readonly contextOf?: ContextOf;
  /** Told of text as it comes, not trimmed yet. */
  readonly onText?: (text: string) => void;
}

/** @returns tokens */
export type ContextOf = (request: SuggestionRequest) => Promise<Int32Array>;

/** @param signal aborted: the suggestion under way rejects with the signal's reason, and so do those asked for later */
export function suggestWith(
  model: LoadedModel,
  signal: AbortSignal,
  { form, contextOf, onText = () => undefined }: PromptChoice = {},
): (request: SuggestionRequest) => Promise<CompleteResult> {
  const { native, description } = model;
  const count = tokenCounter((text) => native.tokenize(text, false));
  const source = { native, description, count, ...(form === undefined ? {} : { form }) };
  const tools = {
    model,
    prompts: new DocumentPrompts(source),
    rates: new Rates(description),
    signal,
    onText,
    // Figures are the same every time: how fast the machine is just now decides nothing.
    draft: false,
  };
  return async (request) => {
    signal.throwIfAborted();
    const limits = { maxTokens, maxMilliseconds: 0, temperature: 0, seed: 0 };
    const context = await contextOf?.(request);
    const about = context === undefined ? tools : { ...tools, context };
    const result = await complete({ ...request, ...limits }, about);
    signal.throwIfAborted();
    return result;
  };
}
