/** How often neurons fire: a profile, or the law that stands in for one. */

/** The activation frequencies of a layer's neurons, the highest first; each stands for an equal share of the neurons. */
export type Frequencies = readonly number[];

const mostFrequent = 0.99;
const bisections = 60;

/**
 * Zipf's law, cut at 0.99, with the mean `activity`: as in models of random weights (`native/src/shapes/power_law.h`).
 * @param count of neurons, or of equal shares of them
 * @param activity more than 0, less than 0.99
 */
export function powerLaw(count: number, activity: number): Frequencies {
  const at = (scale: number) =>
    Array.from({ length: count }, (_, rank) => Math.min(mostFrequent, scale / (rank + 1)));
  let [low, high] = [0, count];
  for (let turn = 0; turn < bisections; turn++) {
    const middle = (low + high) / 2;
    if (mean(at(middle)) < activity) low = middle;
    else high = middle;
  }
  return at((low + high) / 2);
}

/** A dense model: every neuron for every token. */
export const always: Frequencies = [1];

/** Share of the activations that fall on the first `share` of the neurons. */
export function activationsOf(frequencies: Frequencies, share: number): number {
  const whole = frequencies.length * share;
  const full = Math.floor(whole);
  const part = (frequencies[full] ?? 0) * (whole - full);
  return (sum(frequencies.slice(0, full)) + part) / sum(frequencies);
}

/** Smallest share of the neurons that carries `share` of the activations. */
export function carriersOf(frequencies: Frequencies, share: number): number {
  const wanted = share * sum(frequencies);
  let carried = 0;
  for (const [index, frequency] of frequencies.entries()) {
    if (carried + frequency >= wanted) return (index + (wanted - carried) / frequency) / frequencies.length;
    carried += frequency;
  }
  return 1;
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
