/** What a scripted engine is asked, where it does not matter what. */
import type { CompleteParams, LoadModelParams } from '../../../extension/protocol/requests.ts';

/** All but which file. */
export const loadParams: Omit<LoadModelParams, 'path'> = {
  decoder: 'auto',
  mode: 'auto',
  hotThreshold: 0.5,
  contextLength: 256,
  threads: 1,
};

export const request: CompleteParams = {
  prefix: 'x = ',
  suffix: '\n',
  maxTokens: 32,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};
