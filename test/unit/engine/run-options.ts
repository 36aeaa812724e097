import type { RunOptions } from '../../../extension/engine/benchmark/runner.ts';

/** Of a benchmark that is over at once. */
export const runOptions: Omit<RunOptions, 'threads'> = {
  model: 'm.gguf',
  hotThreshold: 0.3,
  predictor: 'auto',
  selection: 'gate',
  threshold: { by: 'share', at: 0.5 },
  gpuBudget: 0,
  device: null,
  promptTokens: 4,
  tokens: 3,
  isGreedy: false,
  onProgress: () => undefined,
};
