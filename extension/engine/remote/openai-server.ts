/** Any server with OpenAI's `/v1/completions`: by a suffix where it takes one, else by the model family's own prompt. */
import type { Dialect, Piece } from './dialect.ts';
import { type Family, familyOf } from './families.ts';
import { errorMessage, field, list, number, text } from './json.ts';

/**
 * Owners of models, as their lists name them, that refuse suffixes, take no notice of them (LM Studio, the third) or fill in
 * behind the suffix for models whose files tell no infilling tokens (llama-cpp-python, the last), and hand a prompt to the
 * model as it is.
 */
const takesNoSuffix = new Set(['vllm', 'sglang', 'organization_owner', 'me']);

/**
 * @param models what `/v1/models` says
 * @param wanted the model's name; empty: the first one
 * @returns null where there is no such list, or none in it
 */
export function openAiServer(models: unknown, wanted: string): Dialect | null {
  const known = list(field(models, 'data'));
  const entry = wanted === '' ? known[0] : known.find((each) => field(each, 'id') === wanted);
  const model = wanted === '' ? text(field(entry, 'id')) : wanted;
  if (model === null || field(models, 'data') === undefined) return null;
  const owner = text(field(entry, 'owned_by')) ?? '';
  const family = takesNoSuffix.has(owner) ? familyOf(model) : null;
  return dialect(model, number(field(entry, 'max_model_len')), family);
}

/** @param family null: the server gets prompt and suffix */
function dialect(model: string, contextLength: number | null, family: Family | null): Dialect {
  return {
    model,
    contextLength,
    framing: 'events',
    readsOtherFiles: false,
    ask: (prompt, { maxTokens, temperature, topP, seed }) =>
      Promise.resolve({
        path: '/v1/completions',
        body: JSON.stringify({
          model,
          ...(family === null
            ? { prompt: prompt.above + prompt.recent, suffix: prompt.suffix }
            : { prompt: family.write(prompt), stop: family.stop }),
          max_tokens: maxTokens,
          ...(temperature > 0 ? { temperature, top_p: topP, seed } : { temperature: 0 }),
          stream: true,
        }),
      }),
    read: piece,
    otherwise: (status, message) => {
      const other = family === null && status < 500 && /suffix/i.test(message) ? familyOf(model) : null;
      return other === null ? null : dialect(model, contextLength, other);
    },
  };
}

function piece(event: unknown): Piece | null {
  const choices = field(event, 'choices');
  if (!Array.isArray(choices)) throw new Error(errorMessage(event));
  const [choice] = list(choices);
  const usage = field(event, 'usage');
  const reason = text(field(choice, 'finish_reason'));
  return {
    text: text(field(choice, 'text')) ?? '',
    logProbability: null,
    end: reason === null ? null : reason === 'length' ? 'maxTokens' : 'endOfText',
    promptTokens: number(field(usage, 'prompt_tokens')),
    cachedTokens: number(field(field(usage, 'prompt_tokens_details'), 'cached_tokens')),
  };
}
