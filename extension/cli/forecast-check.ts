/** `hotset models advise --check`: what the cost model foretells, held against runs on this machine. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spread } from '../engine/benchmark/statistics.ts';
import { type MeasuredPace, measuredPace } from '../engine/machine/measured-pace.ts';
import { forecast, type Situation, usual } from '../models/cost/forecast.ts';
import type { CostMachine } from '../models/cost/machine.ts';
import { type ModelShape, shapeOf } from '../models/cost/shape.ts';
import { type CostedModel, dense, type Sparsity } from '../models/cost/step-cost.ts';
import { quantisations } from '../models/cost/weights.ts';
import type { Mode } from '../protocol/figures.ts';
import { modelChoice, modelPath } from './bench-model.ts';
import { choice } from './options.ts';
import { withProgressBar } from './progress-bar.ts';
import { table } from './table.ts';
import type { Installation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

/** A model to run, and what the cost model is told of it. */
export interface CheckedRun {
  readonly name: string;
  /** null: of random weights. */
  readonly file: string | null;
  readonly shapeName: string;
  readonly shape: ModelShape;
  readonly quantisation: string;
  readonly mode: Mode;
}

export interface CheckedRow {
  readonly name: string;
  readonly mode: Mode;
  readonly threads: number;
  readonly decode: Held;
  readonly prefill: Held;
  readonly firstLine: Held;
}

export interface Held {
  readonly foretold: number;
  readonly measured: number;
  /** foretold / measured - 1 */
  readonly error: number;
}

/** Of random weights: share of the neurons that fire. */
const activity = 0.1;
/** Of other shapes than the cost model's own names. */
const writtenAs: Readonly<Record<string, string>> = {
  'qwen2.5-0.5b': 'qwen2-0.5b',
  'qwen2.5-1.5b': 'qwen2-1.5b',
  'qwen2.5-3b': 'qwen2-3b',
};
const rounds = 3;
/** Characters of code: as many tokens as all rounds have, of any vocabulary. */
const textLength = 20_000;

/**
 * `SHAPE:QUANTISATION`, `FILE:SHAPE:QUANTISATION`, and each with `:MODE` behind.
 * @throws UsageError
 */
export function checkedRun(text: string): CheckedRun {
  const parts = text.split(':');
  const modes: readonly Mode[] = ['exact', 'dense'];
  const mode = modes.find((name) => name === parts.at(-1)) ?? null;
  if (mode !== null) parts.pop();
  const quantisation = choice('check', parts.pop() ?? '', quantisations);
  const shapeName = parts.pop() ?? '';
  const shape = shapeOf(shapeName);
  if (shape === null) throw new UsageError(`--check ${text}: ${shapeName} is no shape that is known`);
  const file = parts.length === 0 ? null : resolve(parts.join(':'));
  const name = `${shapeName} ${quantisation}${file === null ? ', random weights' : ''}`;
  return { name, file, shapeName, shape, quantisation, mode: mode ?? 'dense' };
}

/**
 * @param measure called before each model: a machine that others share is another one a minute later
 * @throws UsageError, EngineError
 */
export async function checkForecasts(
  { addon, root }: Installation,
  runs: readonly CheckedRun[],
  threads: readonly number[],
  measure: () => Promise<CostMachine>,
): Promise<CheckedRow[]> {
  const paths: string[] = [];
  for (const run of runs) paths.push(await pathOf(run, { addon, root }));
  return await withProgressBar('measuring', async (show) => {
    const rows: CheckedRow[] = [];
    for (const [index, run] of runs.entries()) {
      for (const count of threads) {
        show(rows.length / (runs.length * threads.length), `${run.name}, ${count} threads`);
        const situation: Situation = { ...usual, threads: count };
        const path = paths[index] ?? '';
        const text =
          run.file === null ? null : readFileSync(join(root, 'dist', 'cli.cjs'), 'utf8').slice(0, textLength);
        const machine = await measure();
        const measured = await measuredPace(addon, { path, mode: run.mode, situation, text, rounds });
        rows.push(rowOf(run, situation, machine, measured));
      }
    }
    return rows;
  });
}

async function pathOf(
  run: CheckedRun,
  { addon, root }: Pick<Installation, 'addon' | 'root'>,
): Promise<string> {
  if (run.file !== null) return run.file;
  const shape = writtenAs[run.shapeName] ?? run.shapeName;
  return await modelPath(addon, root, modelChoice({ shape, quant: run.quantisation }));
}

function rowOf(
  { name, file, mode, shape, quantisation }: CheckedRun,
  situation: Situation,
  machine: CostMachine,
  measured: MeasuredPace,
): CheckedRow {
  const sparsity: Sparsity = mode === 'exact' ? { ...dense, activity } : dense;
  // Random weights give logits of which none stands out.
  const whole = file === null ? { ...shape, hasCloseLogits: true } : shape;
  const model: CostedModel = { shape: whole, quantisation, sparsity };
  const foretold = forecast(model, machine, situation);
  const held = (figure: keyof Omit<MeasuredPace, 'ownBytes'>): Held => ({
    foretold: foretold[figure],
    measured: measured[figure],
    error: foretold[figure] / measured[figure] - 1,
  });
  return {
    name,
    mode,
    threads: situation.threads,
    decode: held('decodeTokensPerSecond'),
    prefill: held('prefillTokensPerSecond'),
    firstLine: held('firstLineSeconds'),
  };
}

/** Medians of the errors, whichever way they go. */
export function medianErrors(rows: readonly CheckedRow[]) {
  const median = (figure: 'decode' | 'prefill' | 'firstLine') =>
    spread(rows.map((row) => Math.abs(row[figure].error))).median;
  return { decode: median('decode'), prefill: median('prefill'), firstLine: median('firstLine') };
}

export function checkTable(rows: readonly CheckedRow[], machine: CostMachine): string {
  const cells = ({ foretold, measured, error }: Held) => [
    figures(foretold),
    figures(measured),
    signed(error),
  ];
  const lines = rows.map(({ name, mode, threads, decode, prefill, firstLine }) => [
    name,
    mode,
    String(threads),
    ...cells(decode),
    ...cells(prefill),
    ...cells(firstLine),
  ]);
  const three = (first: string) => [first, 'measured', 'error'];
  const headings = [
    'model',
    'mode',
    'threads',
    ...three('decode t/s'),
    ...three('prefill t/s'),
    ...three('first line s'),
  ];
  const { decode, prefill, firstLine } = medianErrors(rows);
  return [
    table([headings, ...lines]),
    '',
    `Median error: decode ${percent(decode)}, prefill ${percent(prefill)}, first line ${percent(firstLine)}. ${machine.name}.`,
  ].join('\n');
}

/** Three digits that count. */
function figures(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function signed(error: number): string {
  return `${error < 0 ? '-' : '+'}${percent(Math.abs(error))}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}
