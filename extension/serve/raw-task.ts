/** Continuing a prompt that the client wrote itself, as it stands. */
import type { ContinueParams } from '../engine/completion/continue-text.ts';
import { type Fields, wrong } from './fields.ts';
import { RequestLimits } from './request-limits.ts';
import { stopTypeOf, type Task } from './task.ts';

const mostTokens = 4_096;
const mostSeeds = 0xffffffff;
/** llama.cpp's. */
const defaults = { topK: 40, topP: 0.95, minP: 0.05 };

/**
 * @param maxTokens negative: as many as the context has room for
 * @throws HttpError
 */
export function rawTask(body: Fields, maxTokens: number, temperature: number): Task {
  const limits = RequestLimits.of(body);
  const params: ContinueParams = {
    prompt: promptOf(body),
    maxTokens: maxTokens < 0 ? mostTokens : Math.min(maxTokens, mostTokens),
    temperature: body.number('temperature', { least: 0, most: 10 }) ?? temperature,
    topK: body.wholeNumber('top_k', { least: 0, most: 0x7fffffff }) ?? defaults.topK,
    topP: body.number('top_p', { least: 0, most: 1 }) ?? defaults.topP,
    minP: body.number('min_p', { least: 0, most: 1 }) ?? defaults.minP,
    seed: seedOf(body),
    ignoreEndOfText: body.boolean('ignore_eos'),
  };
  return {
    of: null,
    run: async (engine, signal, onText) => {
      let generated = '';
      let sent = 0;
      const send = (end: number) => {
        if (end > sent) onText(generated.slice(sent, end));
        sent = Math.max(sent, end);
      };
      const onPiece = (piece: string) => {
        generated += piece;
        send(limits.certain(generated));
      };
      const { text, ...figures } = await engine.continueText(params, signal, onPiece, limits);
      send(text.length);
      const stop = limits.stopIn(generated);
      return { text, stopType: stop === '' ? stopTypeOf(figures) : 'word', stoppingWord: stop, figures };
    },
  };
}

/** One prompt: text or token ids, alone or alone in an array. */
function promptOf(body: Fields): ContinueParams['prompt'] {
  const value = body.get('prompt');
  if (typeof value === 'string') return value;
  const parts: unknown[] = Array.isArray(value) ? value : [];
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'string') return first;
  const ids = parts.length === 1 && Array.isArray(first) ? (first as unknown[]) : parts;
  const numbers = ids.filter((id) => typeof id === 'number');
  if (ids.length > 0 && numbers.length === ids.length) return numbers;
  throw wrong('prompt', 'must be one string or one array of tokens');
}

/** Left out or negative: another one each time. */
function seedOf(body: Fields): number {
  const seed = body.wholeNumber('seed', { least: -1, most: mostSeeds }) ?? -1;
  return seed < 0 ? Math.floor(Math.random() * mostSeeds) : seed;
}
