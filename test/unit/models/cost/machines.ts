/** What tests reckon with, where nothing but what they name takes time. */
import type { StepRate } from '../../../../extension/models/cost/machine.ts';

export const freeStep: StepRate = {
  threads: 1,
  keysPerSecond: Infinity,
  tokenAttentionPerSecond: Infinity,
  tokenScoreSeconds: 0,
  attentionPerSecond: Infinity,
  scoreSeconds: 0,
  nodeSeconds: 0,
  valueSeconds: 0,
  rotationSeconds: 0,
  resultSeconds: 0,
  logitSeconds: 0,
  mappedByteSeconds: 0,
};

/** The same with figures that a file can hold. */
export const step: StepRate = {
  ...freeStep,
  keysPerSecond: 1e9,
  tokenAttentionPerSecond: 1e10,
  attentionPerSecond: 1e10,
};
