/** What the records of one setting add up to. */
import { quantile } from '../../benchmark/statistics.ts';
import { efficiencyRatios } from './efficiency-ratio.ts';
import { bootstrap, type Interval, wilson } from './intervals.ts';
import { type PairedDifference, pairedDifference } from './paired.ts';
import { passAtK } from './pass-at-k.ts';
import type { ProgramRecord, RunSettings } from './record.ts';

export interface PassRate extends Interval {
  readonly k: number;
  readonly rate: number;
}

/** Shares lie between 0 and 1; null where the mode does not tell, or nothing was decoded. */
export interface Summary {
  readonly setting: string;
  readonly mode: string;
  readonly decoder: string;
  readonly tasks: number;
  /** Of those asked for with as many samples as k. 95 %: Wilson's of single samples, else drawn anew task by task. */
  readonly passAt: readonly PassRate[];
  readonly outcomes: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<string, number>>;
  readonly tokensPerCompletion: number;
  /** The most that were written at once. Speeds, latencies and memory are of those written alone, and so many completions. */
  readonly parallel: number;
  readonly alone: number;
  readonly tokensPerSecond: number | null;
  /** Tokens behind the first over this process's processor time: what else ran on the machine does not count. */
  readonly tokensPerProcessorSecond: number | null;
  readonly tokenMs: { readonly p50: number; readonly p95: number } | null;
  readonly peakMemoryBytes: number | null;
  /** Means over decoded tokens. Of all neurons: those whose up and down rows were computed, and those whose gate was. */
  readonly neurons: number | null;
  readonly gates: number | null;
  readonly keptMass: number | null;
  /** Of the time: what went into thresholds that follow what is decoded. */
  readonly adapting: number | null;
  /** Of the tokens drafted with neurons left out: those that dense passes chose as well; null where none was. */
  readonly accepted: number | null;
  /** Performance-efficiency ratio among the settings of one comparison; null: not compared, or a figure is missing. */
  readonly efficiencyRatio: number | null;
  /** Compared with the first setting. */
  readonly paired: PairedDifference | null;
}

/** @param base records of the setting to compare with; null: none */
export function summaryOf(
  settings: RunSettings,
  records: readonly ProgramRecord[],
  ks: readonly number[],
  base: readonly ProgramRecord[] | null,
): Summary {
  const decoded = records.filter(({ tokens = 0 }) => tokens > 1);
  const alone = decoded.filter(({ parallel = 1 }) => parallel === 1);
  const tokens = sum(alone.map((record) => (record.tokens ?? 0) - 1));
  const tokenMs = alone.flatMap((record) => record.tokenMs ?? []).toSorted((left, right) => left - right);
  return {
    setting: settings.threshold,
    mode: settings.mode,
    decoder: settings.decoder,
    tasks: byTask(records).size,
    passAt: ks.flatMap((k) => passRate(records, k) ?? []),
    outcomes: { passed: 0, ...counted(records.map(({ outcome }) => outcome)) },
    ends: counted(records.map(({ end }) => end)),
    tokensPerCompletion:
      records.length === 0 ? 0 : sum(records.map((one) => one.tokens ?? 0)) / records.length,
    parallel: Math.max(1, ...records.map(({ parallel = 1 }) => parallel)),
    alone: alone.length,
    tokensPerSecond: rate(tokens, sum(alone.map(({ decodeMs = 0 }) => decodeMs))),
    tokensPerProcessorSecond: rate(tokens, sum(alone.map(({ processorMs = 0 }) => processorMs))),
    tokenMs: tokenMs.length === 0 ? null : { p50: quantile(tokenMs, 0.5), p95: quantile(tokenMs, 0.95) },
    peakMemoryBytes: largest(alone.map(({ peakMemoryBytes }) => peakMemoryBytes)),
    neurons: computedShare(
      settings,
      meanOver(decoded, ({ activity }) => activity),
    ),
    gates: meanOver(decoded, ({ gates }) => gates),
    keptMass: meanOver(decoded, ({ keptMass }) => keptMass),
    adapting: meanOver(decoded, ({ adapting }) => adapting),
    accepted: acceptedShare(records),
    efficiencyRatio: null,
    paired: base === null ? null : compared(base, records),
  };
}

/** The same, with the ratios that they have only beside each other. */
export function withEfficiencyRatios(summaries: readonly Summary[]): Summary[] {
  const ratios = efficiencyRatios(
    summaries.map(({ passAt, tokensPerSecond, peakMemoryBytes, tokenMs }) => ({
      rate: passAt[0]?.rate ?? null,
      tokensPerSecond,
      memoryBytes: peakMemoryBytes,
      tokenMs: tokenMs?.p50 ?? null,
    })),
  );
  return summaries.map((summary, index) => ({ ...summary, efficiencyRatio: ratios[index] ?? null }));
}

function byTask(records: readonly ProgramRecord[]): Map<string, ProgramRecord[]> {
  const tasks = new Map<string, ProgramRecord[]>();
  for (const record of records) {
    const samples = tasks.get(record.task_id);
    if (samples === undefined) tasks.set(record.task_id, [record]);
    else samples.push(record);
  }
  return tasks;
}

function passRate(records: readonly ProgramRecord[], k: number): PassRate | null {
  const tasks = [...byTask(records).values()];
  const rates = tasks.flatMap((samples) => {
    const passed = samples.filter((one) => one.passed).length;
    return passAtK(samples.length, passed, k) ?? [];
  });
  if (rates.length === 0) return null;
  const isSingle = records.length === tasks.length;
  const interval = isSingle ? wilson(sum(rates), rates.length) : bootstrap(rates);
  return { k, rate: sum(rates) / rates.length, ...interval };
}

/** The first sample of each task that both have. */
function compared(
  base: readonly ProgramRecord[],
  records: readonly ProgramRecord[],
): PairedDifference | null {
  const first = new Map(base.filter(({ sample }) => sample === 0).map((one) => [one.task_id, one.passed]));
  const outcomes = records.flatMap(({ task_id: id, sample, passed }) => {
    const other = first.get(id);
    return sample !== 0 || other === undefined ? [] : [[other, passed] as const];
  });
  return outcomes.length === 0 ? null : pairedDifference(outcomes);
}

/** @param activity of the CPU's neurons: a GPU computes all of its own */
function computedShare({ mode, gpuShare }: RunSettings, activity: number | null): number | null {
  if (mode === 'dense') return 1;
  return activity === null ? null : gpuShare + (1 - gpuShare) * activity;
}

function acceptedShare(records: readonly ProgramRecord[]): number | null {
  const drafted = sum(records.map((record) => record.drafted ?? 0));
  return drafted === 0 ? null : sum(records.map((record) => record.accepted ?? 0)) / drafted;
}

/** The most frequent first. */
function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).toSorted(([, one], [, other]) => other - one));
}

function meanOver(
  records: readonly ProgramRecord[],
  valueOf: (record: ProgramRecord) => number | null | undefined,
): number | null {
  let [weights, weighted] = [0, 0];
  for (const record of records) {
    const value = valueOf(record);
    if (value === null || value === undefined) continue;
    weights += record.tokens ?? 0;
    weighted += value * (record.tokens ?? 0);
  }
  return weights === 0 ? null : weighted / weights;
}

function rate(tokens: number, milliseconds: number): number | null {
  return milliseconds > 0 ? (tokens * 1000) / milliseconds : null;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
