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
  const random = new Random(`ratio:${values.length}`);
  const ratios = Array.from({ length: resamples }, () => {
    let [above, below] = [0, 0];
    for (const _ of values) {
      const index = random.below(values.length);
      above += values[index] ?? 0;
      below += of[index] ?? 0;
    }
    return above / below;
  }).toSorted((left, right) => left - right);
  return { low: quantile(ratios, 0.025), high: quantile(ratios, 0.975) };
}

/** Of the mean, by drawing as many values again and again; the same every time. @param values at least one */
export function bootstrap(values: readonly number[]): Interval {
  const random = new Random(`bootstrap:${values.length}`);
  const means = Array.from({ length: resamples }, () => {
    const drawn = values.map(() => values[random.below(values.length)] ?? 0);
    return drawn.reduce((sum, value) => sum + value, 0) / values.length;
  }).toSorted((left, right) => left - right);
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
}
