/** A model shared by whole layers: one device after the other, as llama.cpp does. */
import type { CostMachine } from './machine.ts';
import {
  onProcessor,
  type Split,
  splitDecodeSeconds,
  splitFor,
  type SplitModel,
  splitPrefillSeconds,
} from './split.ts';
import { weightsOf } from './weights.ts';

/** Layers that fit as a whole where so many bytes do. */
export function wholeLayers(model: SplitModel, budgetBytes: number, contextLength: number): Split {
  const { gpuBytes, neurons } = splitFor(model, budgetBytes, contextLength);
  const { layers } = model.shape;
  const all = weightsOf(model.shape, model.quantisation)
    .filter(({ part }) => part !== 'embedding')
    .reduce((sum, { bytes }) => sum + bytes, 0);
  const share = neurons === 1 ? 1 : Math.min(1, Math.floor((layers * gpuBytes) / all) / layers);
  return { attention: share, head: share, predictors: 0, neurons: share, activations: share, gpuBytes };
}

/** Seconds of one token behind `position` others. */
export function layersDecodeSeconds(
  model: SplitModel,
  split: Split,
  position: number,
  machine: CostMachine,
  threads: number,
): number {
  return inTurn(split, (one) => splitDecodeSeconds(model, one, position, machine, threads));
}

/** Seconds of a prompt's tokens. */
export function layersPrefillSeconds(
  model: SplitModel,
  split: Split,
  tokens: number,
  machine: CostMachine,
  threads: number,
): number {
  return inTurn(split, (one) => splitPrefillSeconds(model, one, tokens, machine, threads));
}

/** Each device with its layers. */
function inTurn({ neurons: share, gpuBytes }: Split, seconds: (split: Split) => number): number {
  const all: Split = { attention: 1, head: 1, predictors: 1, neurons: 1, activations: 1, gpuBytes };
  if (share === 0) return seconds(onProcessor);
  return share === 1 ? seconds(all) : share * seconds(all) + (1 - share) * seconds(onProcessor);
}
