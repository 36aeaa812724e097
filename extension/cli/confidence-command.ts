/** `hotset evaluate confidence`: from records of a model's suggestions to the weights of its confidence. */
import { writeFileSync } from 'node:fs';
import { calibrate, type CalibrationFit } from '../engine/evaluation/calibrate.ts';
import { confidenceChart } from '../engine/evaluation/confidence-chart.ts';
import { parseRecords } from '../engine/evaluation/suggestion-records.ts';
import { chartPath } from './bench-chart.ts';
import { confidenceText } from './confidence-report.ts';
import { parse } from './options.ts';
import { printEvaluation } from './run-evaluation.ts';
import { readText } from './text-file.ts';
import { UsageError } from './usage-error.ts';

export const confidenceHelp = `hotset evaluate confidence RECORDS.json... [options]

Fits the weights that tell how probably a suggestion is right, to what \`evaluate infilling --json\` printed of a model, or of
several that are to have the same weights. Half of the files' suggestions fit them. The others judge them, beside the plain product of the
tokens' probabilities: how well they tell right from wrong, what is shown from each threshold on, and what that saves.

  --chart FILE.svg       draw precision against share shown, by the plain product and with weights, and the product against share right
  --json                 one object`;

const optionTypes = { chart: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** @throws UsageError, EngineError */
export function confidenceCommand(args: readonly string[]): void {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length === 0) throw new UsageError('name files that evaluate infilling --json printed');
  const chart = values.chart === undefined ? null : chartPath(values.chart);
  const outputs = positionals.map((file) => parseRecords(readText(file), file));
  const fit = calibrate(outputs);
  if (chart !== null) writeFileSync(chart, chartOf(fit));
  printEvaluation(values.json, fit, confidenceText);
}

/** @throws UsageError unless there is one model */
function chartOf({ heldOut }: CalibrationFit): string {
  const [only, other] = heldOut;
  if (only === undefined || other !== undefined)
    throw new UsageError('--chart: shows one model; name its records alone');
  return confidenceChart(only.model, only.before, only.after);
}
