/** How a contender's model is loaded. */
import type { CacheType, PredictorName, Selection, Threshold } from '../../protocol/figures.ts';
import type { NativeLoadOptions } from '../addon.ts';
import { predictorsPath, profilePath } from '../installation.ts';
import type { Contender } from './contenders.ts';

/** The same for all contenders. */
export interface ModelOptions {
  /** GGUF file, with its profile and predictors beside it. */
  readonly model: string;
  /** 0: as many as pay off for a model of this size. */
  readonly threads: number;
  readonly hotThreshold: number;
  readonly predictor: PredictorName | 'auto';
  readonly selection: Selection;
  readonly threshold: Threshold;
  /** See NativeLoadOptions; 0 when left out. */
  readonly verify?: number;
  readonly correct?: number;
  readonly cacheType?: CacheType;
}

/** Without the profile where every neuron is computed: dense mode asks for none. */
export function loadOptions(
  contender: Contender,
  options: ModelOptions,
  contextLength: number,
): NativeLoadOptions {
  const { model, threads, hotThreshold, predictor, selection, threshold } = options;
  return {
    decoder: contender.decoder,
    mode: contender.mode,
    path: model,
    profilePath: contender.mode === 'dense' ? null : profilePath(model),
    predictorsPath: contender.mode === 'predicted' ? predictorsPath(model) : null,
    predictor,
    hotThreshold,
    selection,
    threshold,
    verify: options.verify ?? 0,
    correct: options.correct ?? 0,
    contextLength,
    cacheType: options.cacheType ?? 'f16',
    threads,
    kernel: 'auto',
  };
}
