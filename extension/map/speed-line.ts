/** Tokens per second over the last completions, as the path of a line. */
import { scaleLinear } from 'd3-scale';

export interface SpeedLine {
  /** Of an SVG path, empty for fewer than two rates. */
  readonly path: string;
  /** Where the scale's lines lie, and what they stand for. */
  readonly ticks: readonly { readonly y: number; readonly rate: number }[];
}

/** @param rates the oldest first @param width @param height pixels */
export function speedLine(rates: readonly number[], width: number, height: number): SpeedLine {
  const y = scaleLinear()
    .domain([0, Math.max(1, ...rates)])
    .nice(3)
    .range([height, 0]);
  const x = scaleLinear()
    .domain([0, Math.max(1, rates.length - 1)])
    .range([0, width]);
  const points = rates.map((rate, index) => `${x(index).toFixed(1)},${y(rate).toFixed(1)}`);
  return {
    path: points.length < 2 ? '' : `M${points.join('L')}`,
    ticks: y.ticks(3).map((rate) => ({ y: y(rate), rate })),
  };
}
