/** Completions as the editor asks for them, greedy and without its time limit: how busy the machine is changes nothing. */
import type { CompleteResult } from '../../protocol/requests.ts';
import { complete } from '../completion/complete.ts';
import { tokenCounter } from '../completion/token-counter.ts';
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
const maxTokens = 64;

/** @param signal aborted: the suggestion under way rejects with the signal's reason, and so do those asked for later */
export function suggestWith(model: LoadedModel, signal: AbortSignal): Suggest {
  const count = tokenCounter((text) => model.native.tokenize(text, false));
  const tools = { model, count, signal, onText: () => undefined };
  return async (request) => {
    signal.throwIfAborted();
    const limits = { maxTokens, maxMilliseconds: 0, temperature: 0, seed: 0 };
    const result = await complete({ ...request, ...limits }, tools);
    signal.throwIfAborted();
    return result;
  };
}
