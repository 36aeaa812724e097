/** What a loaded model tells of itself. */
import type { ModelFigures } from '../../../extension/protocol/figures.ts';

export const neuronSplit = { hot: 0.3, cold: 0.7, gpu: 0, cpu: 1, activity: 0.052, recall: null };

export const model: ModelFigures = {
  path: '/models/m.gguf',
  name: 'hotset-code_5m',
  architecture: 'llama',
  hiddenActivation: 'drelu',
  quantisation: 'F16',
  parameters: 6_291_456,
  sizeBytes: 12_000_000,
  layers: 6,
  neuronsPerLayer: 768,
  contextLength: 2048,
  decoder: 'hybrid',
  decoderReason: 'asked for',
  mode: 'exact',
  kernel: 'avx512',
  fimOrder: 'spm',
  readsOtherFiles: false,
  warnings: [],
  server: null,
  insteadOfServer: null,
  isCalibrated: true,
  profileCorpus: 'held-out',
  predictor: null,
  device: null,
  gpuBytes: 0,
  attentionLayersOnGpu: 0,
  headOnGpu: false,
  neuronSplit: { ...neuronSplit, activity: null },
};
