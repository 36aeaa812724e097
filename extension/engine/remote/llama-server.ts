/**
 * llama.cpp's server. Where its model has a family's control tokens, it gets the prompt that a model of our own would get,
 * anchored, as token ids: what a document says is never taken for control tokens. Else `/infill` writes the prompt.
 */
import { LRUCache } from 'lru-cache';
import type { Consult, Dialect, Piece } from './dialect.ts';
import { type Controls, controlSpellings } from './families.ts';
import { errorMessage, field, list, number, text } from './json.ts';
import type { TextPrompt } from './text-tokens.ts';

/** @returns null where `/props` is not that of such a server */
export async function llamaServer(props: unknown, consult: Consult): Promise<Dialect | null> {
  const settings = field(props, 'default_generation_settings');
  if (settings === undefined) return null;
  const path = text(field(props, 'model_path')) ?? '';
  const name = text(field(props, 'model_alias')) ?? '';
  return dialect({
    model: (name === '' ? path : name).replace(/^.*[/\\]/, '').replace(/\.gguf$/i, ''),
    contextLength: number(field(settings, 'n_ctx')),
    writer: await tokenWriter(consult),
    canInfill: true,
  });
}

interface Known extends Pick<Dialect, 'model' | 'contextLength'> {
  /** null: its model has no control tokens that are known. */
  readonly writer: TokenWriter | null;
  readonly canInfill: boolean;
}

function dialect(known: Known): Dialect {
  const { model, contextLength, writer, canInfill } = known;
  return {
    model,
    contextLength,
    framing: 'events',
    readsOtherFiles: writer?.readsOtherFiles ?? canInfill,
    ask: async (prompt, { maxTokens, maxMilliseconds, temperature, topK, topP, minP, seed }, consult) => ({
      path: writer === null && canInfill ? '/infill' : '/completion',
      body: JSON.stringify({
        ...(writer !== null ? { prompt: await writer.write(prompt, consult) } : asText(prompt, canInfill)),
        n_predict: maxTokens,
        t_max_predict_ms: maxMilliseconds,
        ...(temperature > 0
          ? { temperature, top_k: topK, top_p: topP, min_p: minP, seed }
          : { temperature: 0, samplers: ['top_k', 'temperature'] }),
        n_probs: 1,
        timings_per_token: true,
        cache_prompt: true,
        stream: true,
      }),
    }),
    read: piece,
    // 501: the model has no infilling tokens.
    otherwise: (status) =>
      status === 501 && writer === null && canInfill ? dialect({ ...known, canInfill: false }) : null,
  };
}

function asText({ context, above, recent, suffix }: TextPrompt, canInfill: boolean): object {
  if (!canInfill) return { prompt: above + recent };
  return {
    input_extra: context?.others ?? [],
    input_prefix: above + recent,
    input_suffix: suffix,
    prompt: '',
  };
}

interface TokenWriter {
  readonly readsOtherFiles: boolean;
  /** In front, an empty text: with it, the server puts the token that the vocabulary asks for first. */
  readonly write: (prompt: TextPrompt, consult: Consult) => Promise<(string | number)[]>;
}

/** What stands above and below stays the same from key to key: it is tokenised once. */
const mostRemembered = 32;

async function tokenWriter(consult: Consult): Promise<TokenWriter | null> {
  const known = new LRUCache<string, readonly number[]>({ max: mostRemembered });
  const tokensOf = async (content: string, by: Consult) => {
    if (content === '') return [];
    const before = known.get(content);
    if (before !== undefined) return before;
    const tokens = await tokenised(content, false, by);
    if (tokens === null) throw new Error('it does not say what tokens a text has');
    known.set(content, tokens);
    return tokens;
  };
  const ids = await controlTokens(consult);
  if (ids === null) return null;
  const { prefix, suffix, middle, repository, file } = ids;
  return {
    readsOtherFiles: repository !== null && file !== null,
    write: async (prompt, by) => {
      const inFront = async ({ repository: name, others, path }: NonNullable<TextPrompt['context']>) => [
        repository ?? 0,
        ...(await tokensOf(`${name}\n`, by)),
        ...(
          await Promise.all(
            others.map(async (each) => [
              file ?? 0,
              ...(await tokensOf(`${each.filename}\n${each.text}`, by)),
            ]),
          )
        ).flat(),
        file ?? 0,
        ...(await tokensOf(`${path}\n`, by)),
      ];
      const { context } = prompt;
      return [
        '',
        ...(context === null || repository === null || file === null ? [] : await inFront(context)),
        prefix,
        ...(await tokensOf(prompt.above, by)),
        suffix,
        ...(await tokensOf(prompt.suffix, by)),
        middle,
        ...(await tokensOf(prompt.recent, by)),
      ];
    },
  };
}

type ControlIds = {
  readonly [Name in keyof Controls]: Controls[Name] extends string ? number : number | null;
};

async function controlTokens(consult: Consult): Promise<ControlIds | null> {
  for (const { prefix, suffix, middle, repository, file } of controlSpellings) {
    const [pre, suf, mid] = [
      await tokenOf(prefix, consult),
      await tokenOf(suffix, consult),
      await tokenOf(middle, consult),
    ];
    if (pre === null || suf === null || mid === null) continue;
    const repo = repository === null ? null : await tokenOf(repository, consult);
    const separator = file === null ? null : await tokenOf(file, consult);
    return { prefix: pre, suffix: suf, middle: mid, repository: repo, file: separator };
  }
  return null;
}

async function tokenOf(spelling: string, consult: Consult): Promise<number | null> {
  const tokens = await tokenised(spelling, true, consult);
  return tokens?.length === 1 ? (tokens[0] ?? null) : null;
}

/** @returns null where the server does not tell */
async function tokenised(content: string, parseSpecial: boolean, consult: Consult): Promise<number[] | null> {
  const body = JSON.stringify({ content, add_special: false, parse_special: parseSpecial });
  const tokens = field(await consult({ path: '/tokenize', body }), 'tokens');
  if (!Array.isArray(tokens)) return null;
  const ids = list(tokens).filter((token) => typeof token === 'number');
  return ids.length === tokens.length ? ids : null;
}

function piece(event: unknown): Piece | null {
  const content = text(field(event, 'content'));
  if (content === null) throw new Error(errorMessage(event));
  const isEnd = field(event, 'stop') === true;
  const [said] = list(field(event, 'completion_probabilities'));
  return {
    text: content,
    logProbability: number(field(said, 'logprob')),
    end: !isEnd ? null : field(event, 'stop_type') === 'limit' ? 'maxTokens' : 'endOfText',
    promptTokens: number(field(event, 'tokens_evaluated')),
    cachedTokens: number(field(field(event, 'timings'), 'cache_n')),
  };
}
