/** What `hotset simulate` prints. */
import type { Simulated } from '../models/cost/simulate.ts';
import { table } from './table.ts';

export interface PricedResult extends Simulated {
  /** null: no price is known, or it does not fit. */
  readonly tokensPerSecondPerThousandDollars: number | null;
}

export function simulationReport(results: readonly PricedResult[]): string {
  const rows = results.map((result) => [
    result.model,
    result.machine,
    gigabytes(result.weightBytes),
    result.activity < 1 ? percent(result.activity) : 'dense',
    gigabytes(result.split.gpuBytes),
    gigabytes(result.mainMemoryBytes),
    percent(result.split.neurons),
    result.fits ? figures(result.decodeTokensPerSecond) : 'too large',
    result.fits ? figures(result.prefillTokensPerSecond) : '',
    figuresOrNone(result.tokensPerSecondPerThousandDollars),
  ]);
  const headings = [
    'model',
    'machine',
    'weights',
    'activity',
    'on GPU',
    'main memory',
    'neurons on GPU',
    'tokens/s',
    'prefill t/s',
    't/s per 1,000 USD',
  ];
  const [first] = results;
  const how =
    first?.sharing === 'layers'
      ? 'whole layers, one device after the other'
      : 'by neuron, both devices at once';
  return [
    table([headings, ...rows]),
    '',
    `${first?.quantisation ?? ''}, shared ${how}. Of published bandwidths and multiply-adds: limits. Prices: GPU and processor at launch.`,
  ].join('\n');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}

/** Three digits that count. */
function figures(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function figuresOrNone(value: number | null): string {
  return value === null ? '' : figures(value);
}
