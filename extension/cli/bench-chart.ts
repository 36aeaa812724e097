/** `--chart`: where it goes, checked before anything is measured. */
import { writeFileSync } from 'node:fs';
import { chart } from '../engine/benchmark/chart.ts';
import type { Benchmark } from '../engine/benchmark/benchmark.ts';
import { outputPath } from './output-file.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError unless an SVG file can be written there */
export function chartPath(text: string): string {
  if (!/\.svg$/i.test(text)) throw new UsageError(`--chart ${text}: name an .svg file`);
  return outputPath('chart', text);
}

/** @param path from {@link chartPath} */
export function writeChart(path: string, { rows }: Benchmark): void {
  writeFileSync(path, chart(rows));
}
