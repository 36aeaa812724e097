/** What `hotset evaluate confidence` fitted, for people. */
import type { CalibrationFit } from '../engine/evaluation/calibrate.ts';
import type { Calibration } from '../engine/evaluation/calibration.ts';
import { figure, thresholdTable } from './calibration-report.ts';
import { percent } from './rate.ts';
import { table } from './table.ts';

export function confidenceText({
  model,
  weights,
  fitted,
  heldOut,
}: CalibrationFit & { model: string }): string {
  const { suggestions, right, before, after } = heldOut;
  const row = (name: string, textOf: (calibration: Calibration) => string) => [
    name,
    textOf(before),
    textOf(after),
  ];
  return [
    `${model}: ${fitted} suggestions fitted; of ${suggestions} in other files ${percent(right / suggestions)} are right`,
    table([
      ['', 'before', 'after'],
      row('expected calibration error', (one) => figure(one.expectedCalibrationError)),
      row('Brier score', (one) => figure(one.brier)),
      row('AUC', (one) => figure(one.auc)),
      row('best threshold', (one) => one.bestThreshold.toFixed(2)),
    ]),
    thresholdTable(after, 'suggestions'),
    `weights (bias, sum, smallest, number): ${weights.map((weight) => weight.toFixed(4)).join(', ')}`,
  ].join('\n\n');
}
