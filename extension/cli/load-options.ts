/** Options of the commands that load one model, as the editor does. */
import { resolve } from 'node:path';
import type { CacheType } from '../protocol/figures.ts';
import type { LoadModelParams } from '../protocol/requests.ts';
import { choice, number, wholeNumber } from './options.ts';
import { thresholdHelp, thresholdOptionTypes, thresholdParams } from './threshold-options.ts';

export const loadHelp = `  --model M              GGUF file (the embedded model)
  --decoder D            auto, hybrid or llama.cpp (auto)
  --mode M               auto, dense, exact, predicted or thresholded (auto)
  --predictor P          of predicted mode: auto, learned or sign (auto)
  --hot-threshold T      neurons that fire at least this often are hot, 0 to 1 (0.3)
${thresholdHelp}
  --context-length N     tokens (4096)
  --cache-type T         of keys and values in main memory: f16 or q8_0 (f16)
  --threads N            0: as many as pay off for the model (0)
  --gpu-budget SIZE      of the GPU's memory, for example 6GiB; 0 for none of it, auto for what is free (auto)
  --device D             a GPU by name (the first with memory of its own)`;

export const loadOptionTypes = {
  model: { type: 'string' },
  decoder: { type: 'string', default: 'auto' },
  mode: { type: 'string', default: 'auto' },
  predictor: { type: 'string', default: 'auto' },
  'hot-threshold': { type: 'string', default: '0.3' },
  ...thresholdOptionTypes,
  'context-length': { type: 'string', default: '4096' },
  'cache-type': { type: 'string', default: 'f16' },
  threads: { type: 'string', default: '0' },
  'gpu-budget': { type: 'string', default: 'auto' },
  device: { type: 'string' },
} as const;

export const cacheTypes: readonly CacheType[] = ['f16', 'q8_0'];

interface LoadValues {
  readonly model?: string | undefined;
  readonly decoder: string;
  readonly mode: string;
  readonly predictor: string;
  readonly 'hot-threshold': string;
  readonly selection: string;
  readonly 'cold-sparsity': string;
  readonly threshold?: string | undefined;
  readonly verify: string;
  readonly correct: string;
  readonly 'context-length': string;
  readonly 'cache-type': string;
  readonly threads: string;
  readonly 'gpu-budget': string;
  readonly device?: string | undefined;
}

/** @throws UsageError */
export function loadParams(values: LoadValues): LoadModelParams {
  return {
    path: values.model === undefined ? null : resolve(values.model),
    decoder: choice('decoder', values.decoder, ['auto', 'hybrid', 'llama.cpp']),
    mode: choice('mode', values.mode, ['auto', 'dense', 'exact', 'predicted', 'thresholded']),
    predictor: choice('predictor', values.predictor, ['auto', 'learned', 'sign']),
    hotThreshold: number('hot-threshold', values['hot-threshold'], 0, 1),
    ...thresholdParams(values),
    contextLength: wholeNumber('context-length', values['context-length'], 64, 1_048_576),
    cacheType: choice('cache-type', values['cache-type'], cacheTypes),
    threads: wholeNumber('threads', values.threads, 0, 512),
    gpuBudget: values['gpu-budget'],
    ...(values.device === undefined ? {} : { device: values.device }),
  };
}
