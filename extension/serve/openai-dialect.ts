/** OpenAI's answers to `/v1/completions`. */
import { randomUUID } from 'node:crypto';
import type { Dialect } from './dialect.ts';
import type { Fields } from './fields.ts';
import type { Answer } from './task.ts';

/** @param model what the answers name */
export function openAiDialect(body: Fields, model: string): Dialect {
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model,
  };
  const [streamOptions] = body.objects('stream_options');
  const wantsUsage = streamOptions?.boolean('include_usage') ?? false;
  return {
    whole: (answer) => ({
      ...head,
      choices: [choice(answer.text, finishReason(answer))],
      usage: usageOf(answer),
    }),
    piece: (text) => ({ ...head, choices: [choice(text, null)] }),
    finish: (answer, stream) => {
      stream.send({ ...head, choices: [choice('', finishReason(answer))] });
      if (wantsUsage) stream.send({ ...head, choices: [], usage: usageOf(answer) });
      stream.sendDone();
    },
  };
}

function choice(text: string, reason: string | null): object {
  return { text, index: 0, logprobs: null, finish_reason: reason };
}

function finishReason({ stopType }: Answer): string {
  return stopType === 'eos' || stopType === 'word' ? 'stop' : 'length';
}

function usageOf({ figures }: Answer): object {
  const prompt = figures?.promptTokens ?? 0;
  const predicted = figures?.tokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: predicted,
    total_tokens: prompt + predicted,
    prompt_tokens_details: { cached_tokens: figures?.cachedTokens ?? 0 },
  };
}
