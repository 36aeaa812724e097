/** Named ways of deciding which neurons are computed, which a sweep compares. A further one is a further line of `kinds`. */
import type { PredictorName, Selection, Threshold } from '../../../protocol/figures.ts';
import type { LoadModelParams } from '../../../protocol/requests.ts';
import { EngineError } from '../../errors.ts';

export interface ThresholdSetting {
  /** As it was named: `none`, `quantile:0.5`. */
  readonly name: string;
  readonly load: Partial<LoadModelParams>;
}

interface Kind {
  /** What stands for the number in messages; null: none belongs to it. */
  readonly number: string | null;
  readonly loadOf: (value: number) => Partial<LoadModelParams>;
}

/** No neuron is hot where τ is compared: the share left out is then one of all neurons. */
const nobodyHot = 1;

function thresholded(selection: Selection, threshold: Threshold): Partial<LoadModelParams> {
  return { mode: 'thresholded', selection, threshold, hotThreshold: nobodyHot };
}

function predicted(predictor: PredictorName, mass: number): Partial<LoadModelParams> {
  return { mode: 'predicted', predictor, threshold: { by: 'dynamic-mass', at: mass } };
}

/** Of settings whose dense passes verify or correct: tokens of a pass. */
const verifiedTokens = 4;
const correctedTokens = 16;

const kinds: Readonly<Record<string, Kind>> = {
  none: { number: null, loadOf: () => ({ mode: 'dense' }) },
  exact: { number: null, loadOf: () => ({ mode: 'exact' }) },
  learned: { number: null, loadOf: () => ({ mode: 'predicted', predictor: 'learned' }) },
  sign: { number: null, loadOf: () => ({ mode: 'predicted', predictor: 'sign' }) },
  quantile: { number: 'SHARE', loadOf: (at) => thresholded('gate', { by: 'share', at }) },
  weighted: { number: 'SHARE', loadOf: (at) => thresholded('weighted', { by: 'share', at }) },
  product: { number: 'SHARE', loadOf: (at) => thresholded('product', { by: 'share', at }) },
  'gate-mass': { number: 'MASS', loadOf: (at) => thresholded('gate', { by: 'mass', at }) },
  'weighted-mass': { number: 'MASS', loadOf: (at) => thresholded('weighted', { by: 'mass', at }) },
  'product-mass': { number: 'MASS', loadOf: (at) => thresholded('product', { by: 'mass', at }) },
  'product-top': { number: 'SHARE', loadOf: (at) => thresholded('product', { by: 'top', at }) },
  'product-token-mass': { number: 'MASS', loadOf: (at) => thresholded('product', { by: 'token-mass', at }) },
  'gate-dynamic': { number: 'MASS', loadOf: (at) => thresholded('gate', { by: 'dynamic-mass', at }) },
  'product-dynamic': { number: 'MASS', loadOf: (at) => thresholded('product', { by: 'dynamic-mass', at }) },
  'learned-dynamic': { number: 'MASS', loadOf: (at) => predicted('learned', at) },
  'sign-dynamic': { number: 'MASS', loadOf: (at) => predicted('sign', at) },
  'gate-entropy': { number: 'SHARE', loadOf: (at) => thresholded('gate', { by: 'entropy', at }) },
  'product-entropy': { number: 'SHARE', loadOf: (at) => thresholded('product', { by: 'entropy', at }) },
  'product-verified': {
    number: 'SHARE',
    loadOf: (at) => ({ ...thresholded('product', { by: 'share', at }), verify: verifiedTokens }),
  },
  'product-corrected': {
    number: 'SHARE',
    loadOf: (at) => ({ ...thresholded('product', { by: 'share', at }), correct: correctedTokens }),
  },
};

export const thresholdNames = Object.entries(kinds)
  .map(([name, { number }]) => (number === null ? name : `${name}:${number}`))
  .join(', ');

/** @throws EngineError where `text` names no setting */
export function thresholdSetting(text: string): ThresholdSetting {
  const [name = '', ...numbers] = text.split(':');
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  const value = Number(numbers[0] ?? 0);
  const wanted = kind?.number === null ? 0 : 1;
  const isNumber = wanted === 0 || (/^[\d.]+$/.test(numbers[0] ?? '') && value >= 0 && value <= 1);
  if (kind === undefined || numbers.length !== wanted || !isNumber) {
    throw new EngineError(
      'badInput',
      `--thresholds ${text}: name ${thresholdNames}, separated by commas, numbers from 0 to 1`,
    );
  }
  return { name: text, load: kind.loadOf(value) };
}
