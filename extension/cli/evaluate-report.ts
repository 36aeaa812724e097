/** What `hotset evaluate` found, for people. */
import type { Evaluation, KeystrokeScore } from '../engine/evaluation/evaluate-infilling.ts';
import { figure, thresholdTable } from './calibration-report.ts';
import { percent, rate } from './rate.ts';
import { table } from './table.ts';

export function evaluationText(evaluation: Evaluation): string {
  const parts = [
    titleOf(evaluation),
    languagesText(evaluation),
    humanEvalText(evaluation),
    evaluation.keystrokes === null ? '' : keystrokesText(evaluation.keystrokes),
    confidenceText(evaluation),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function titleOf({ model, mode, neurons }: Evaluation): string {
  const activity = neurons.activity === null ? '' : `, activity ${percent(neurons.activity)}`;
  const recall = neurons.recall === null ? '' : `, recall ${percent(neurons.recall)}`;
  return `${model}, ${mode}${activity}${recall}`;
}

function languagesText({ languages }: Evaluation): string {
  const rows = Object.entries(languages).map(([language, score]) => [
    language,
    String(score.files),
    score.bitsPerByte.toFixed(3),
    String(score.tasks),
    String(score.exact),
    rate(score.exact, score.tasks),
  ]);
  return rows.length === 0
    ? ''
    : table([['language', 'files', 'bits/byte', 'lines', 'right', 'share'], ...rows]);
}

function humanEvalText({ humaneval }: Evaluation): string {
  if (humaneval === null) return '';
  const { tasks, exact, passed } = humaneval;
  return [
    'HumanEval, single-line infilling',
    table([
      ['', 'lines', 'share'],
      ['exactly the solution’s', String(exact), rate(exact, tasks)],
      ['tests pass (pass@1)', String(passed), rate(passed, tasks)],
    ]),
  ].join('\n');
}

function keystrokesText(score: KeystrokeScore): string {
  const { files, characters, requests, shown, accepted } = score;
  return [
    `Typing passages of ${String(files)} files: ${String(characters)} keystrokes without suggestions`,
    table([
      ['accepting', 'keystrokes', 'saved'],
      ['whole suggestions', String(score.keystrokes), percent(score.saved)],
      ['and the others word by word', String(score.wordKeystrokes), percent(score.savedWordByWord)],
    ]),
    `${String(requests)} asked for, ${String(shown)} shown, ${String(accepted)} accepted whole`,
  ].join('\n');
}

function confidenceText({ confidence }: Evaluation): string {
  if (confidence === null) return '';
  const { weights, expectedCalibrationError, errorByChance, brier, auc } = confidence;
  const what = weights === null ? 'Confidence (the product of the tokens’ probabilities)' : 'Confidence';
  const errors = `expected calibration error ${figure(expectedCalibrationError)} (by chance alone ${figure(errorByChance)}), Brier score ${figure(brier)}`;
  return [`${what}: ${errors}, AUC ${figure(auc)}`, thresholdTable(confidence, 'places')].join('\n');
}
