/** Two ways of solving the same tasks, compared task by task. */
import { type Interval, z95 } from './intervals.ts';

export interface PairedDifference extends Interval {
  readonly tasks: number;
  /** Tasks that one of the two alone solved. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Share solved by the second less that by the first; `low` and `high` after Agresti and Min (2005), 95 %. */
  readonly difference: number;
  /** McNemar's test, exact and two-sided: how probable so uneven a division is if both are equally good. */
  readonly p: number;
}

/** @param outcomes of each task, whether the first and whether the second solved it; at least one */
export function pairedDifference(outcomes: readonly (readonly [boolean, boolean])[]): PairedDifference {
  const onlyFirst = outcomes.filter(([first, second]) => first && !second).length;
  const onlySecond = outcomes.filter(([first, second]) => second && !first).length;
  const tasks = outcomes.length;
  return {
    tasks,
    onlyFirst,
    onlySecond,
    difference: (onlySecond - onlyFirst) / tasks,
    ...differenceInterval(onlyFirst, onlySecond, tasks),
    p: mcNemar(onlyFirst, onlySecond),
  };
}

/** Wald's with half a task more in each of the four cells: right even where hardly any task differs. */
function differenceInterval(onlyFirst: number, onlySecond: number, tasks: number): Interval {
  const [all, first, second] = [tasks + 2, onlyFirst + 0.5, onlySecond + 0.5];
  const middle = (second - first) / all;
  const half = (z95 / all) * Math.sqrt(first + second - (second - first) ** 2 / all);
  return { low: Math.max(-1, middle - half), high: Math.min(1, middle + half) };
}

/** @returns the probability that of `first + second` fair coins the fewer side is as small as here, either way */
export function mcNemar(first: number, second: number): number {
  const coins = first + second;
  const fewer = Math.min(first, second);
  let tail = 0;
  let logTerm = -coins * Math.LN2;
  for (let heads = 0; heads <= fewer; heads++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((coins - heads) / (heads + 1));
  }
  return Math.min(1, 2 * tail);
}
