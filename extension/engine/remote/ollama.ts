/**
 * Ollama's own API. Its `/v1/completions` puts every prompt into the model's template: one of a chat where there is no suffix, and
 * a suffix is refused by models whose template has no place for one, as all are that were made of a GGUF file.
 */
import type { Consult, Dialect, Piece } from './dialect.ts';
import { type Family, familyOf } from './families.ts';
import { errorMessage, field, list, number, text } from './json.ts';
import type { TextPrompt } from './text-tokens.ts';

/**
 * Tokens. It keeps 4,096 unless told otherwise, and tells of it only while a model is loaded; a prompt is measured in characters,
 * so that an eighth stays free.
 */
const contextLength = 3_584;

/** @returns null for a server that is none, or does not have the model */
export async function ollama(model: string, consult: Consult): Promise<Dialect | null> {
  const shown = await consult({ path: '/api/show', body: JSON.stringify({ model }) });
  const info = field(shown, 'model_info');
  if (info === undefined) return null;
  const name = text(field(info, 'general.basename')) ?? text(field(info, 'general.name')) ?? '';
  const canInsert = list(field(shown, 'capabilities')).includes('insert');
  return dialect(model, formOf(familyOf(model) ?? familyOf(name), canInsert));
}

/** What of a request says where text is to stand. */
type Form = (prompt: TextPrompt) => {
  readonly raw?: boolean;
  readonly prompt: string;
  readonly suffix?: string;
};

interface Asking {
  readonly form: Form;
  readonly stop: readonly string[];
}

function formOf(family: Family | null, canInsert: boolean): Asking {
  if (family !== null) {
    return { form: (prompt) => ({ raw: true, prompt: family.write(prompt) }), stop: family.stop };
  }
  const form: Form = ({ above, recent, suffix }) =>
    canInsert ? { prompt: above + recent, suffix } : { raw: true, prompt: above + recent };
  return { form, stop: [] };
}

function dialect(model: string, { form, stop }: Asking): Dialect {
  return {
    model,
    contextLength,
    framing: 'lines',
    readsOtherFiles: false,
    ask: (prompt, { maxTokens, temperature, topK, topP, minP, seed }) =>
      Promise.resolve({
        path: '/api/generate',
        body: JSON.stringify({
          model,
          ...form(prompt),
          options: {
            num_predict: maxTokens,
            stop,
            ...(temperature > 0
              ? { temperature, top_k: topK, top_p: topP, min_p: minP, seed }
              : { temperature: 0 }),
          },
          logprobs: true,
          // Rather refused than cut in its middle without a word.
          truncate: false,
          think: false,
          stream: true,
        }),
      }),
    read: piece,
    otherwise: () => null,
  };
}

function piece(message: unknown): Piece | null {
  const said = text(field(message, 'response'));
  if (said === null) throw new Error(errorMessage(message));
  const isEnd = field(message, 'done') === true;
  return {
    text: said,
    logProbability: logProbability(field(message, 'logprobs')),
    end: !isEnd ? null : field(message, 'done_reason') === 'length' ? 'maxTokens' : 'endOfText',
    promptTokens: number(field(message, 'prompt_eval_count')),
    cachedTokens: null,
  };
}

/** A piece has several tokens where one alone is no whole character. Versions before 0.12.11 tell nothing. */
function logProbability(tokens: unknown): number | null {
  const told = list(tokens).map((token) => number(field(token, 'logprob')));
  if (told.length === 0 || told.includes(null)) return null;
  return told.reduce<number>((sum, each) => sum + (each ?? 0), 0);
}
