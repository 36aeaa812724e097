/** `hotset evaluate confidence`: from records of a model's suggestions to the weights of its confidence. */
import { writeFileSync } from 'node:fs';
import { calibrate } from '../engine/evaluation/calibrate.ts';
import { confidenceChart } from '../engine/evaluation/confidence-chart.ts';
import { parseRecords } from '../engine/evaluation/suggestion-records.ts';
import { chartPath } from './bench-chart.ts';
import { confidenceText } from './confidence-report.ts';
import { parse } from './options.ts';
import { readText } from './text-file.ts';
import { UsageError } from './usage-error.ts';

export const confidenceHelp = `hotset evaluate confidence RECORDS.json... [options]

Fits the weights that tell how probably a suggestion is right, from what \`evaluate infilling --json\` printed, of one model.
Half of the files' suggestions fit them. The others judge them: how well the weights and the plain product of the tokens' probabilities
tell right from wrong, what is shown from each threshold on, and which threshold saves most keystrokes.

  --chart FILE.svg       draw precision against share shown, and confidence against share right, with the weights
  --json                 one object`;

const optionTypes = { chart: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** @throws UsageError, EngineError */
export function confidenceCommand(args: readonly string[]): void {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length === 0) throw new UsageError('name files that evaluate infilling --json printed');
  const chart = values.chart === undefined ? null : chartPath(values.chart);
  const outputs = positionals.map((file) => parseRecords(readText(file), file));
  const model = oneModel(outputs.map((output) => output.model));
  const fit = calibrate(outputs.flatMap(({ records }) => records));
  if (chart !== null) writeFileSync(chart, confidenceChart(model, fit.heldOut.after));
  const report = { model, ...fit };
  process.stdout.write((values.json ? JSON.stringify(report, null, 2) : confidenceText(report)) + '\n');
}

function oneModel(models: readonly string[]): string {
  const [model = '', other] = new Set(models);
  if (other === undefined) return model;
  throw new UsageError(`these are suggestions of ${model} and of ${other}: name files of one model`);
}
