/** What is made of many measurements. */

/** @returns the value below which so much of them lies; NaN of none */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The values in ten parts, in their order, the last with what is left over. */
export function tenths<Value>(values: readonly Value[]): Value[][] {
  const size = Math.floor(values.length / 10);
  return Array.from({ length: 10 }, (_, index) =>
    values.slice(index * size, index === 9 ? undefined : (index + 1) * size),
  );
}

/** @returns by least squares, how much `y` grows as `x` grows by one */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let both = 0;
  let square = 0;
  for (const [x, y] of points) {
    both += (x - meanX) * (y - meanY);
    square += (x - meanX) ** 2;
  }
  return both / square;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
