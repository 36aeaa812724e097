/** One number for quality and cost: the performance-efficiency ratio of systems that are compared (arXiv 2603.21389). */

/** Of one system; null: not known. */
export interface EfficiencyFigures {
  /** Share solved. */
  readonly rate: number | null;
  readonly tokensPerSecond: number | null;
  readonly memoryBytes: number | null;
  /** Milliseconds. */
  readonly tokenMs: number | null;
}

export const efficiencyCaveat =
  'PER is the fourth root of accuracy, speed, memory and latency, each from 0 (the worst of these settings) to 1 (the best): who is the worst in any of them has 0, and another setting beside them changes all.';

/**
 * @returns for each system a number from 0 to 1; null for all where a figure of one is missing, or where there is
 *   nothing to compare
 */
export function efficiencyRatios(systems: readonly EfficiencyFigures[]): (number | null)[] {
  const [rates, speeds, memory, latencies] = [
    normalised(systems.map(({ rate }) => rate)),
    normalised(systems.map(({ tokensPerSecond }) => tokensPerSecond)),
    normalised(systems.map(({ memoryBytes }) => negative(memoryBytes))),
    normalised(systems.map(({ tokenMs }) => negative(tokenMs))),
  ];
  return systems.map((_, index) => {
    const factors = [rates, speeds, memory, latencies].map((column) => column?.[index] ?? null);
    if (systems.length < 2 || factors.includes(null)) return null;
    return factors.reduce<number>((product, factor) => product * (factor ?? 0), 1) ** (1 / factors.length);
  });
}

/** From 0 (the least) to 1 (the most); 1 for all that are alike; null where one is not known. */
function normalised(values: readonly (number | null)[]): number[] | null {
  const known = values.filter((value) => value !== null);
  if (known.length < values.length) return null;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return known.map((value) => (most === least ? 1 : (value - least) / (most - least)));
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}
