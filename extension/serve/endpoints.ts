/** What is asked for under which path. */
import { basename } from 'node:path';
import type { ModelFigures } from '../protocol/figures.ts';
import type { Dialect } from './dialect.ts';
import { type Fields, wrong } from './fields.ts';
import { infillTask, suffixTask } from './infill-task.ts';
import type { KnownDocuments } from './known-documents.ts';
import { llamaDialect } from './llama-dialect.ts';
import { openAiDialect } from './openai-dialect.ts';
import { rawTask } from './raw-task.ts';
import type { Task } from './task.ts';

export interface Asking {
  readonly body: Fields;
  /** Who asks: requests of one client share documents. */
  readonly client: string;
  readonly documents: KnownDocuments;
  /** The name that answers give the model. */
  readonly model: string;
}

export interface Asked {
  readonly task: Task;
  readonly dialect: Dialect;
}

const most = 0x7fffffff;
const noLimit = -1;

/** @throws HttpError from each, for a request that can't be answered as it is meant */
export const asked: Readonly<Record<string, (asking: Asking) => Asked>> = {
  '/infill': infill,
  '/completion': completion,
  '/completions': completion,
  '/v1/completions': openAiCompletion,
};

/** Of llama.cpp's server, what a model for completions has no answer to. */
export const unanswered = new Set([
  '/chat/completions',
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/messages',
  '/embedding',
  '/embeddings',
  '/v1/embeddings',
  '/rerank',
  '/v1/rerank',
  '/tokenize',
  '/detokenize',
  '/apply-template',
  '/slots',
  '/metrics',
]);

function infill({ body, client, documents, model }: Asking): Asked {
  return { task: infillTask(body, client, documents), dialect: llamaDialect(body, model) };
}

function completion({ body, model }: Asking): Asked {
  const maxTokens = body.wholeNumber('n_predict', { least: -1, most });
  const task = rawTask(body, maxTokens ?? maxTokensOf(body) ?? noLimit, 0.8);
  return { task, dialect: llamaDialect(body, model) };
}

function openAiCompletion({ body, client, documents, model }: Asking): Asked {
  for (const name of ['n', 'best_of']) {
    if ((body.wholeNumber(name, { least: 1, most }) ?? 1) > 1) throw wrong(name, 'only 1 is answered');
  }
  if (body.boolean('echo')) throw wrong('echo', 'is not answered');
  if (body.get('logprobs') !== null) throw wrong('logprobs', 'is not answered');
  const suffix = body.string('suffix') ?? '';
  const maxTokens = maxTokensOf(body) ?? 16;
  const dialect = openAiDialect(body, model);
  if (suffix === '') return { task: rawTask(body, maxTokens, 1), dialect };
  const prompt = body.string('prompt') ?? '';
  return { task: suffixTask({ prompt, suffix, maxTokens }, body, client, documents), dialect };
}

function maxTokensOf(body: Fields): number | null {
  const range = { least: -1, most };
  return body.wholeNumber('max_tokens', range) ?? body.wholeNumber('max_completion_tokens', range);
}

export function modelId({ path }: Pick<ModelFigures, 'path'>): string {
  return basename(path).replace(/\.gguf$/i, '');
}

/** `/v1/models` */
export function modelList(model: ModelFigures): object {
  const { parameters, sizeBytes, contextLength } = model;
  const meta = { n_ctx: contextLength, n_params: parameters, size: sizeBytes };
  return {
    object: 'list',
    data: [{ id: modelId(model), object: 'model', created: 0, owned_by: 'hotset', meta }],
  };
}

/** `/props` */
export function properties(model: ModelFigures, version: string): object {
  return {
    default_generation_settings: {
      n_ctx: model.contextLength,
      params: { n_predict: noLimit, temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 },
    },
    total_slots: 1,
    model_alias: modelId(model),
    model_path: model.path,
    modalities: { vision: false, audio: false },
    chat_template: '',
    build_info: `hotset ${version}`,
    is_sleeping: false,
  };
}
