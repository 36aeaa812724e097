/** Numbers that sum up a series of measurements. */
import { quantileSorted } from 'd3-array';

export interface Spread {
  readonly median: number;
  /** Half the distance between the quartiles. */
  readonly deviation: number;
}

/** @param values at least one */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  return {
    median: quantile(sorted, 0.5),
    deviation: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2,
  };
}

/** Between two values, in proportion. @param sorted at least one */
export function quantile(sorted: readonly number[], share: number): number {
  return quantileSorted([...sorted], share) ?? NaN;
}
