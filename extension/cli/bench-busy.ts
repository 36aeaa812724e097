/** `hotset bench --busy`: what is left of a completion's speed beside other processes. */
import type { NativeAddon } from '../engine/addon.ts';
import type { BusyRow } from '../engine/benchmark/busy/busy-row.ts';
import { busyBenchmark, type BusyOptions, type LoadChoice } from '../engine/benchmark/busy/busy.ts';
import { withProgressBar } from './progress-bar.ts';
import { table } from './table.ts';
import { wholeNumber } from './options.ts';

/** @throws EngineError */
export async function runBusy(
  addon: NativeAddon,
  options: Omit<BusyOptions, 'onProgress'>,
  asJson: boolean,
): Promise<void> {
  const rows = await withProgressBar('measuring', (onProgress) =>
    busyBenchmark(addon, { ...options, onProgress }),
  );
  process.stdout.write((asJson ? JSON.stringify(rows, null, 2) : busyReport(rows)) + '\n');
}

/** `1,2,engine`. @throws UsageError */
export function loadChoices(text: string): LoadChoice[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .map((name) => (name === 'engine' ? name : wholeNumber('busy', name, 1, 512)));
}

const headings = ['beside', 'threads', 'first token ms', 'to idle', 'decode t/s', 'to the best fixed'];

export function busyReport(rows: readonly BusyRow[]): string {
  return table([headings, ...rows.map(cells)]);
}

function cells(row: BusyRow): string[] {
  return [
    row.load ?? 'nothing else',
    row.isAutomatic ? `automatic (${String(row.threads)})` : String(row.threads),
    `${figures(row.firstTokenMs)} ± ${figures(row.firstTokenDeviation)}`,
    row.load === null ? '–' : row.firstTokenRatio.toFixed(2),
    `${figures(row.decodeTokensPerSecond)} ± ${figures(row.decodeDeviation)}`,
    row.decodeRatioToBest.toFixed(2),
  ];
}

function figures(value: number): string {
  return value.toFixed(value >= 100 ? 0 : 1);
}
