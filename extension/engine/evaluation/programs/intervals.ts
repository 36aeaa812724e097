/** Intervals of 95 %. */
import { quantile } from '../../benchmark/statistics.ts';
import { Random } from '../random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of the standard normal distribution: 95 % lie within. */
export const z95 = 1.959963984540054;
const resamples = 2000;

/** Wilson's, for a share of independent trials. @param of at least 1 */
export function wilson(count: number, of: number): Interval {
  const share = count / of;
  const square = z95 ** 2 / of;
  const middle = (share + square / 2) / (1 + square);
  const half = (z95 / (1 + square)) * Math.sqrt((share * (1 - share)) / of + square / (4 * of));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Of the sum of `values` over that of `of`, by drawing as many pairs again and again. @param of as many as `values` */
export function bootstrapRatio(values: readonly number[], of: readonly number[]): Interval {
  return resampled('ratio', values.length, (drawn) => sumAt(values, drawn) / sumAt(of, drawn));
}

/** Of the mean, by drawing as many values again and again; the same every time. @param values at least one */
export function bootstrap(values: readonly number[]): Interval {
  return resampled('bootstrap', values.length, (drawn) => sumAt(values, drawn) / drawn.length);
}

/** @param statistic of those of `count` that were drawn, by their indices */
function resampled(name: string, count: number, statistic: (drawn: readonly number[]) => number): Interval {
  const random = new Random(`${name}:${count}`);
  const all = Array.from({ length: resamples }, () =>
    statistic(Array.from({ length: count }, () => random.below(count))),
  ).toSorted((left, right) => left - right);
  return { low: quantile(all, 0.025), high: quantile(all, 0.975) };
}

function sumAt(values: readonly number[], indices: readonly number[]): number {
  return indices.reduce((sum, index) => sum + (values[index] ?? 0), 0);
}
