/** How unevenly activations fall on neurons. */

/** So much of all activations the hot neurons are asked to carry. */
export const carriedShare = 0.8;

/** Shares lie between 0 and 1. */
export interface Skew {
  /** Mean activation frequency. */
  readonly activity: number;
  /** Smallest share of neurons that carries {@link carriedShare} of the activations; 0 where nothing fired. */
  readonly carriers: number;
  /** The same among neurons that fired at all. */
  readonly livingCarriers: number;
  /** Share of neurons that never fired. */
  readonly dead: number;
}

export function skewOf(frequencies: Float32Array): Skew {
  const sorted = Float32Array.from(frequencies).sort().reverse();
  const total = sorted.reduce((sum, frequency) => sum + frequency, 0);
  const living = sorted.findIndex((frequency) => frequency === 0);
  const count = living < 0 ? sorted.length : living;
  const carriers = carriersIn(sorted, total * carriedShare);
  return {
    activity: total / sorted.length,
    carriers: carriers / sorted.length,
    livingCarriers: count === 0 ? 0 : carriers / count,
    dead: 1 - count / sorted.length,
  };
}

/** How many values from the front sum up to `wanted`. */
function carriersIn(sorted: Float32Array, wanted: number): number {
  let sum = 0;
  let count = 0;
  while (count < sorted.length && sum < wanted) sum += sorted[count++] ?? 0;
  return count;
}

/**
 * Share of activations that the most frequent neurons carry.
 * @param shares of neurons, each between 0 and 1
 */
export function cumulativeShares(frequencies: Float32Array, shares: readonly number[]): number[] {
  const sorted = Float32Array.from(frequencies).sort().reverse();
  const sums = new Float64Array(sorted.length + 1);
  sorted.forEach((frequency, index) => {
    sums[index + 1] = (sums[index] ?? 0) + frequency;
  });
  const total = sums[sorted.length] ?? 0;
  return shares.map((share) => (total === 0 ? 0 : (sums[Math.round(share * sorted.length)] ?? 0) / total));
}

/** One list for several layers. */
export function pooled(layers: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(layers.reduce((length, layer) => length + layer.length, 0));
  let offset = 0;
  for (const layer of layers) {
    all.set(layer, offset);
    offset += layer.length;
  }
  return all;
}

/**
 * Share of the activations in `served` that fall on the neurons a profile calls most frequent: how well one corpus'
 * hot neurons serve another.
 * @param ranking frequencies that choose the neurons, layer by layer
 * @param share of each layer's neurons that is chosen
 */
export function hitRate(
  ranking: readonly Float32Array[],
  served: readonly Float32Array[],
  share: number,
): number {
  let hits = 0;
  let total = 0;
  ranking.forEach((frequencies, layer) => {
    const other = served[layer] ?? new Float32Array(0);
    const order = Array.from(frequencies.keys()).sort(
      (a, b) => (frequencies[b] ?? 0) - (frequencies[a] ?? 0),
    );
    const chosen = order.slice(0, Math.round(share * order.length));
    hits += chosen.reduce((sum, neuron) => sum + (other[neuron] ?? 0), 0);
    total += other.reduce((sum, frequency) => sum + frequency, 0);
  });
  return total === 0 ? 0 : hits / total;
}
