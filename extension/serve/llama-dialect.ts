/** llama.cpp's answers (tools/server/README.md), with the fields that its clients read. */
import type { Dialect } from './dialect.ts';
import type { Fields } from './fields.ts';
import type { Answer } from './task.ts';

/** @param model what the answers name */
export function llamaDialect(body: Fields, model: string): Dialect {
  const wanted = body.strings('response_fields');
  const result = (answer: Answer) => chosen(resultOf(answer, body, model), wanted);
  return {
    whole: result,
    piece: (text) => ({ index: 0, content: text, tokens: [], stop: false, id_slot: 0 }),
    finish: (answer, stream) => {
      stream.send(result({ ...answer, text: '' }));
    },
  };
}

function resultOf(answer: Answer, body: Fields, model: string): Record<string, unknown> {
  const { text, stopType, stoppingWord, figures } = answer;
  return {
    index: 0,
    content: text,
    tokens: [],
    id_slot: 0,
    stop: true,
    model,
    tokens_predicted: figures?.tokens ?? 0,
    tokens_evaluated: figures?.promptTokens ?? 0,
    generation_settings: {
      n_predict: body.get('n_predict') ?? -1,
      temperature: body.get('temperature') ?? 0,
      stop: body.strings('stop'),
    },
    prompt: body.get('prompt') ?? '',
    has_new_line: text.includes('\n'),
    truncated: figures?.stopReason === 'contextFull',
    stop_type: stopType,
    stopping_word: stoppingWord,
    tokens_cached: figures?.cachedTokens ?? 0,
    timings: timingsOf(answer),
  };
}

function timingsOf({ figures }: Answer): object {
  const cached = figures?.cachedTokens ?? 0;
  const prompt = (figures?.promptTokens ?? 0) - cached;
  const promptMs = figures?.timeToFirstTokenMs ?? 0;
  const predicted = figures?.tokens ?? 0;
  const predictedMs = Math.max(0, (figures?.totalMs ?? 0) - promptMs);
  return {
    cache_n: cached,
    prompt_n: prompt,
    prompt_ms: promptMs,
    prompt_per_token_ms: ratio(promptMs, prompt),
    prompt_per_second: ratio(prompt * 1000, promptMs),
    predicted_n: predicted,
    predicted_ms: predictedMs,
    predicted_per_token_ms: ratio(predictedMs, predicted),
    predicted_per_second: ratio(predicted * 1000, predictedMs),
  };
}

function ratio(value: number, by: number): number {
  return by > 0 ? value / by : 0;
}

/** @param paths those of nested fields with slashes; they keep their whole names. None: all fields */
function chosen(result: Record<string, unknown>, paths: readonly string[]): object {
  if (paths.length === 0) return result;
  const entries = paths.map((path) => [path, valueAt(result, path.split('/'))] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return isThere ? valueAt((value as Record<string, unknown>)[key], rest) : undefined;
}
