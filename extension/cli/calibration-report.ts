/** How well a confidence tells right from wrong, for people. */
import type { Calibration, CurvePoint } from '../engine/evaluation/calibration.ts';
import { percent } from './rate.ts';
import { table } from './table.ts';

/** Of the curve's hundred. */
const shownThresholds = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** @param of what the shares are of */
export function thresholdTable({ curve }: Calibration, of: 'places' | 'suggestions'): string {
  const points = shownThresholds.flatMap((threshold) =>
    curve.filter((point) => Math.abs(point.threshold - threshold) < 1e-9),
  );
  return table([
    ['at least', `shown of all ${of}`, 'of these right', `keys saved, of 100 ${of}`],
    ...points.map(pointCells),
  ]);
}

function pointCells({ threshold, share, precision, keysSaved }: CurvePoint): string[] {
  const right = precision === null ? '–' : percent(precision);
  return [threshold.toFixed(2), percent(share), right, (100 * keysSaved).toFixed(0)];
}

export function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}
