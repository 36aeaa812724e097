/** Options of thresholded mode, of every command that can run it. */
import { selections, thresholdKinds, type Selection, type Threshold } from '../protocol/figures.ts';
import { choice, number, wholeNumber } from './options.ts';
import { UsageError } from './usage-error.ts';

export const thresholdHelp = `  --selection S          thresholded mode's score of a neuron: gate, weighted or product (gate)
  --cold-sparsity S      thresholded mode leaves out this share of the cold neurons, 0 to 1 (0.5)
  --threshold BY:N       the same as share:N, or mass:N for the share of the mass to keep, or value:N for τ itself. Found for each
                         token by product: top:N (share left out), token-mass:N. Following what is decoded: dynamic-mass:N
                         (held by a controller; of predicted mode too), entropy:N (share, less of it where the model is unsure)
  --verify N             draft N tokens with neurons left out and verify them in one dense pass: the text is dense mode's (0)
  --correct N            compute keys and values of every N tokens anew, densely (0)`;

export const thresholdOptionTypes = {
  selection: { type: 'string', default: 'gate' },
  'cold-sparsity': { type: 'string', default: '0.5' },
  threshold: { type: 'string' },
  verify: { type: 'string', default: '0' },
  correct: { type: 'string', default: '0' },
} as const;

interface ThresholdValues {
  readonly selection: string;
  readonly 'cold-sparsity': string;
  readonly threshold?: string | undefined;
  readonly verify: string;
  readonly correct: string;
}

export interface ThresholdParams {
  readonly selection: Selection;
  readonly threshold: Threshold;
  readonly verify: number;
  readonly correct: number;
}

const mostVerified = 7;
const mostCorrected = 64;

/** @throws UsageError */
export function thresholdParams(values: ThresholdValues): ThresholdParams {
  const share: Threshold = { by: 'share', at: number('cold-sparsity', values['cold-sparsity'], 0, 1) };
  return {
    selection: choice('selection', values.selection, selections),
    threshold: values.threshold === undefined ? share : parseThreshold(values.threshold),
    verify: wholeNumber('verify', values.verify, 0, mostVerified),
    correct: wholeNumber('correct', values.correct, 0, mostCorrected),
  };
}

function parseThreshold(text: string): Threshold {
  const [by = '', at = '', ...rest] = text.split(':');
  if (rest.length > 0 || at === '') {
    throw new UsageError(`--threshold ${text}: give a kind and a number, for example mass:0.9`);
  }
  const kind = choice('threshold', by, thresholdKinds);
  return { by: kind, at: number('threshold', at, 0, kind === 'value' ? Number.MAX_VALUE : 1) };
}
