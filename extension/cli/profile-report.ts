/** What `hotset profile` tells a person. */
import type { ProfileComparison } from '../engine/profile/compare-profiles.ts';
import type { ProfileProgress, ProfileReport } from '../engine/profile/profile-model.ts';
import { carriedShare, type Skew } from '../engine/profile/skew.ts';
import type { TrainingProgress, TrainingReport } from '../engine/profile/train-predictors.ts';
import { table } from './table.ts';

/** Stands behind the progress bar. */
export function countingNote({ step, tokens, tokensPerSecond, secondsLeft }: ProfileProgress): string {
  if (tokensPerSecond === null || secondsLeft === null) return step;
  return `${tokens} tokens, ${tokensPerSecond.toFixed(0)} tokens/s, ${duration(secondsLeft)} left`;
}

/** Stands behind the progress bar. */
export function trainingNote({ step, layer, secondsLeft }: TrainingProgress): string {
  if (step === 'loading') return step;
  return `layer ${layer}, ${step}` + (secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`);
}

export function profileText(report: ProfileReport): string {
  const { all, tokens, seconds, corpus, interrupted } = report;
  const rows = report.layers.map((layer, index) => [String(index), ...skewCells(layer)]);
  const headings = ['layer', 'activity', `neurons for ${percent(carriedShare, 0)}`, 'of the living', 'dead'];
  const languages = Object.entries(report.languages).map(([language, count]) => `${language} ${count}`);
  return `${interrupted ? 'Interrupted: ' : ''}${tokens} tokens of ${corpus} in ${seconds.toFixed(1)} s (${(tokens / seconds).toFixed(0)} tokens/s)
tokens by language: ${languages.join(', ')}

${table([headings, ...rows, ['all', ...skewCells(all)]])}

${percent(all.carriers)} of the neurons carry ${percent(carriedShare, 0)} of the activations, ${percent(all.livingCarriers)} of those that fired at all.
${report.profile}
${report.plot}`;
}

export function comparisonText({ corpus, other, rows }: ProfileComparison): string {
  const headings = ['hot neurons', 'chosen by this profile', 'chosen by the other', 'by chance'];
  const cells = rows.map(({ share, own, others }) => [
    percent(share, 0),
    percent(own),
    percent(others),
    percent(share),
  ]);
  return `Activations on ${corpus} that fall on the hot neurons; the other profile: ${other}
${table([headings, ...cells])}`;
}

export function trainingText(report: TrainingReport): string {
  const headings = ['layer', 'hidden units', 'KB', 'predicted', 'recall'];
  const rows = report.layers.map(({ layer, hidden, bytes, share, recall }) => [
    String(layer),
    String(hidden),
    (bytes / 1e3).toFixed(0),
    percent(share),
    recall.toFixed(3),
  ]);
  return `Predictors for a recall of ${report.wantedRecall}, trained in ${duration(report.seconds)}; predicted share and recall on tokens kept out

${table([headings, ...rows])}

${(report.bytes / 1e6).toFixed(2)} MB
${report.predictors}`;
}

function skewCells({ activity, carriers, livingCarriers, dead }: Skew): string[] {
  return [activity, carriers, livingCarriers, dead].map((share) => percent(share));
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)}%`;
}
