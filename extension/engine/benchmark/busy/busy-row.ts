/** What a busy machine leaves of a completion's speed, from the rounds of every number of threads. */
import { spread } from '../statistics.ts';
import type { Completion } from '../runner.ts';

export interface Measurement {
  /** {@link Load.name}; null: nothing else ran. */
  readonly load: string | null;
  readonly completion: Completion;
}

export interface ThreadSeries {
  readonly threads: number;
  /** The engine's own choice, in place of a fixed number. */
  readonly isAutomatic: boolean;
  /** The same loads in the same order for every series. */
  readonly measurements: readonly Measurement[];
}

/** Of one number of threads under one load. Medians over the rounds; deviations are half the distance between quartiles. */
export interface BusyRow {
  readonly load: string | null;
  readonly threads: number;
  readonly isAutomatic: boolean;
  readonly firstTokenMs: number;
  readonly firstTokenDeviation: number;
  /** To what the same threads take with nothing else running, median over the rounds of the ratio within each round. */
  readonly firstTokenRatio: number;
  readonly decodeTokensPerSecond: number;
  readonly decodeDeviation: number;
  /** To the fixed number of threads that decodes fastest under this load, in the same way. */
  readonly decodeRatioToBest: number;
}

/** Row by row of each load, nothing else first: the automatic choice, then fixed numbers. */
export function busyRows(
  series: readonly ThreadSeries[],
  loads: readonly { readonly name: string }[],
): BusyRow[] {
  return [null, ...loads.map(({ name }) => name)].flatMap((load) => rowsOf(series, load));
}

function rowsOf(series: readonly ThreadSeries[], load: string | null): BusyRow[] {
  const fixed = series.filter(({ isAutomatic }) => !isAutomatic);
  const rates = fixed.map((one) => ratesOf(one, load));
  const best = rates.toSorted((left, right) => spread(right).median - spread(left).median)[0] ?? [];
  return series.map((one) => {
    const firstTokens = under(one, load).map(({ firstTokenMs }) => firstTokenMs);
    const idle = under(one, null).map(({ firstTokenMs }) => firstTokenMs);
    const decode = ratesOf(one, load);
    return {
      load,
      threads: one.threads,
      isAutomatic: one.isAutomatic,
      firstTokenMs: spread(firstTokens).median,
      firstTokenDeviation: spread(firstTokens).deviation,
      firstTokenRatio: medianRatio(firstTokens, idle),
      decodeTokensPerSecond: spread(decode).median,
      decodeDeviation: spread(decode).deviation,
      decodeRatioToBest: medianRatio(decode, best),
    };
  });
}

function under({ measurements }: ThreadSeries, load: string | null): Completion[] {
  return measurements.filter((one) => one.load === load).map(({ completion }) => completion);
}

function ratesOf(series: ThreadSeries, load: string | null): number[] {
  return under(series, load).map(({ decode }) => decode);
}

function medianRatio(values: readonly number[], to: readonly number[]): number {
  return spread(values.map((value, round) => value / (to[round] ?? NaN))).median;
}
