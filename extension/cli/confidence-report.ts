/** What `hotset evaluate confidence` fitted, for people. */
import type { CalibrationFit, HeldOutJudgement } from '../engine/evaluation/calibrate.ts';
import type { Calibration } from '../engine/evaluation/calibration.ts';
import { figure, thresholdTable } from './calibration-report.ts';
import { rate } from './rate.ts';
import { table } from './table.ts';

export function confidenceText({ weights, fitted, heldOut }: CalibrationFit): string {
  return [
    `${fitted} suggestions fitted; judged by those in other files`,
    ...heldOut.map(judgementText),
    `weights (bias, sum, smallest, number): ${weights.map((weight) => weight.toFixed(4)).join(', ')}`,
  ].join('\n\n');
}

function judgementText({ model, suggestions, right, before, after }: HeldOutJudgement): string {
  const row = (name: string, textOf: (calibration: Calibration) => string) => [
    name,
    textOf(before),
    textOf(after),
  ];
  return [
    `${model}: ${suggestions} suggestions, ${rate(right, suggestions)} right`,
    table([
      ['', 'plain product', 'weights'],
      row('expected calibration error', (one) => figure(one.expectedCalibrationError)),
      row('and by chance alone', (one) => figure(one.errorByChance)),
      row('Brier score', (one) => figure(one.brier)),
      row('AUC', (one) => figure(one.auc)),
      row('best threshold', (one) => one.bestThreshold.toFixed(2)),
    ]),
    'By the plain product',
    thresholdTable(before, 'suggestions'),
    'With the weights',
    thresholdTable(after, 'suggestions'),
  ].join('\n\n');
}
