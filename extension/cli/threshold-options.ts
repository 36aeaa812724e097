/** Options of thresholded mode, of every command that can run it. */
import { selections, thresholdKinds, type Selection, type Threshold } from '../protocol/figures.ts';
import { choice, number } from './options.ts';
import { UsageError } from './usage-error.ts';

export const thresholdHelp = `  --selection S          thresholded mode's score of a neuron: gate, weighted or product (gate)
  --cold-sparsity S      thresholded mode leaves out this share of the cold neurons, 0 to 1 (0.5)
  --threshold BY:N       the same as share:N, or mass:N for the share of the mass to keep, or value:N for τ itself`;

export const thresholdOptionTypes = {
  selection: { type: 'string', default: 'gate' },
  'cold-sparsity': { type: 'string', default: '0.5' },
  threshold: { type: 'string' },
} as const;

interface ThresholdValues {
  readonly selection: string;
  readonly 'cold-sparsity': string;
  readonly threshold?: string | undefined;
}

/** @throws UsageError */
export function thresholdParams(values: ThresholdValues): { selection: Selection; threshold: Threshold } {
  const share: Threshold = { by: 'share', at: number('cold-sparsity', values['cold-sparsity'], 0, 1) };
  return {
    selection: choice('selection', values.selection, selections),
    threshold: values.threshold === undefined ? share : parseThreshold(values.threshold),
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
