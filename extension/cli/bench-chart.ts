/** `--chart`: where it goes, checked before anything is measured. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { chart } from '../engine/benchmark/chart.ts';
import type { Benchmark } from '../engine/benchmark/benchmark.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError unless an SVG file can be written there */
export function chartPath(text: string): string {
  const path = resolve(text);
  if (!/\.svg$/i.test(path)) throw new UsageError(`--chart ${text}: name an .svg file`);
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`--chart ${text}: ${folder} is no folder that can be written to`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--chart ${text}: this is a folder; name an .svg file`);
  }
  return path;
}

/** @param path from {@link chartPath} */
export function writeChart(path: string, { rows }: Benchmark): void {
  writeFileSync(path, chart(rows));
}
