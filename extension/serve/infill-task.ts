/** Filling in between two texts, as in the editor: anchored prompt, healing, sequences, drafts, trimming. */
import type { CompleteParams, CompleteResult, ToldText } from '../protocol/requests.ts';
import type { Fields } from './fields.ts';
import { HttpError } from './http-error.ts';
import type { KnownDocuments, TextAround } from './known-documents.ts';
import { RequestLimits } from './request-limits.ts';
import { type Answer, stopTypeOf, type Task } from './task.ts';

/** What the request's own dialect says. */
interface Infill extends TextAround {
  readonly told: readonly ToldText[];
  /** 0: the place is prepared, and nothing said. */
  readonly maxTokens: number;
}

const mostTokens = 1_024;
const mostSeeds = 0xffffffff;

/** llama.cpp's `/infill`. @throws HttpError */
export function infillTask(body: Fields, client: string, documents: KnownDocuments): Task {
  const prefix = required(body, 'input_prefix') + (body.string('prompt') ?? '');
  const suffix = required(body, 'input_suffix');
  const maxTokens = body.wholeNumber('n_predict', { least: -1, most: 0x7fffffff }) ?? -1;
  const told = body.objects('input_extra').map((extra) => ({
    path: extra.string('filename') ?? 'file',
    text: required(extra, 'text'),
  }));
  return taskOf({ prefix, suffix, told, maxTokens }, body, client, documents);
}

/** OpenAI's `/v1/completions` with a suffix. @throws HttpError */
export function suffixTask(
  { prompt, suffix, maxTokens }: { prompt: string; suffix: string; maxTokens: number },
  body: Fields,
  client: string,
  documents: KnownDocuments,
): Task {
  return taskOf({ prefix: prompt, suffix, told: [], maxTokens }, body, client, documents);
}

function taskOf(infill: Infill, body: Fields, client: string, documents: KnownDocuments): Task {
  const limits = RequestLimits.of(body);
  const temperature = body.number('temperature', { least: 0, most: 10 }) ?? 0;
  const seed = Math.max(0, body.wholeNumber('seed', { least: -1, most: mostSeeds }) ?? 0);
  if (infill.maxTokens === 0) return preparation(infill, client, documents);

  const known = documents.recognise(client, withLineFeeds(infill));
  const params: CompleteParams = {
    ...known,
    told: infill.told,
    maxTokens: infill.maxTokens < 0 ? mostTokens : Math.min(infill.maxTokens, mostTokens),
    maxLines: 0,
    maxMilliseconds: 0,
    temperature,
    seed,
  };
  return {
    of: known.document,
    run: async (engine, signal, onText) => {
      let generated = '';
      const onPiece = (piece: string) => {
        generated += piece;
      };
      const result = await engine.complete(params, signal, onPiece, limits);
      const answer = answerOf(result, known.suffix, limits.stopIn(generated));
      if (answer.text !== '') onText(answer.text);
      return answer;
    },
  };
}

/** Clients warm the cache up with what they know of other files, and often name no place at all. */
function preparation({ told, ...text }: Infill, client: string, documents: KnownDocuments): Task {
  const isPlace = text.prefix + text.suffix !== '';
  return {
    of: null,
    run: (engine) => {
      if (isPlace) engine.attend({ ...documents.recognise(client, withLineFeeds(text)), told });
      return Promise.resolve({ text: '', stopType: 'limit', stoppingWord: '', figures: null });
    },
  };
}

/** A superseded text was cut off anywhere, so nothing of it is told. */
function answerOf(result: CompleteResult, suffix: string, stop: string): Answer {
  const { text, overlap, evidence: _evidence, confidence: _confidence, ...figures } = result;
  const stopType = stopTypeOf(figures);
  if (stopType === 'none') return { text: '', stopType, stoppingWord: '', figures };
  const said = withoutOverlap(text, suffix.slice(0, overlap));
  return { text: said, stopType: stop === '' ? stopType : 'word', stoppingWord: stop, figures };
}

/**
 * The editor replaces closing brackets that the text says again; a client of this server only inserts. Where something
 * follows them, the text ends before them.
 */
function withoutOverlap(text: string, overlapping: string): string {
  if (overlapping === '') return text;
  if (text.endsWith(overlapping)) return text.slice(0, -overlapping.length);
  const [firstLine = ''] = text.split('\n', 1);
  return firstLine.slice(0, Math.max(0, firstLine.lastIndexOf(overlapping)));
}

function withLineFeeds({ prefix, suffix }: TextAround): TextAround {
  return { prefix: prefix.replaceAll('\r\n', '\n'), suffix: suffix.replaceAll('\r\n', '\n') };
}

function required(body: Fields, name: string): string {
  const value = body.string(name);
  if (value === null) throw new HttpError('invalid_request_error', `"${name}" is required`);
  return value;
}
