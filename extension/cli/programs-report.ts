/** What `hotset evaluate humaneval` and `mbpp` found, for people. */
import type { CanonicalCheck, ProgramsEvaluation } from '../engine/evaluation/programs/evaluate-programs.ts';
import { aloneNote, efficiencyNote } from '../engine/evaluation/programs/report.ts';
import type { Summary } from '../engine/evaluation/programs/summary.ts';
import { percent } from './rate.ts';
import { table } from './table.ts';

export function canonicalText({ suite, isPublished, tasks, passed, failed }: CanonicalCheck): string {
  return [
    `${suite}${notPublished(isPublished)}: ${passed} of ${tasks} solutions pass`,
    ...failed.map(({ id, outcome, output }) => `${id}: ${outcome}\n${output}`),
  ].join('\n');
}

export function programsText(evaluation: ProgramsEvaluation): string {
  const { settings } = evaluation;
  const notes = [aloneNote(settings), efficiencyNote(settings)].map((note) => note.trim());
  const parts = [titleOf(evaluation), qualityTable(settings), speedTable(settings)];
  parts.push(...notes.filter((note) => note !== ''));
  if (settings.length > 1) parts.push(pairedTable(settings));
  return parts.join('\n\n');
}

function titleOf({ model, suite, isPublished, form, tasks, threads, writing, samples }: ProgramsEvaluation) {
  const sampling =
    writing.temperature === 0
      ? 'greedy'
      : `${samples} samples at temperature ${writing.temperature}, top-p ${writing.topP}`;
  const asked = {
    chat: ', asked as an assistant',
    infilling: ', asked as the editor does',
    continuation: '',
  }[form];
  return `${model}, ${suite}${notPublished(isPublished)}, ${tasks} tasks${asked}, ${sampling}, at most ${writing.maxTokens} tokens, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

function notPublished(isPublished: boolean): string {
  return isPublished ? '' : ' (not the tasks that its home publishes)';
}

function qualityTable(settings: readonly Summary[]): string {
  const rows = settings.flatMap((summary) =>
    summary.passAt.map(({ k, rate, low, high }) => [
      summary.setting,
      `pass@${k}`,
      percent(rate),
      `${percent(low)} to ${percent(high)}`,
      String(summary.tasks),
      Object.entries(summary.outcomes)
        .map(([name, count]) => `${count} ${name}`)
        .join(', '),
    ]),
  );
  return table([['setting', '', 'rate', '95%', 'tasks', 'programs'], ...rows]);
}

function speedTable(settings: readonly Summary[]): string {
  const rows = settings.map((summary) => [
    summary.setting,
    figure(summary.tokensPerSecond),
    figure(summary.tokensPerProcessorSecond),
    summary.tokenMs === null ? '–' : `${summary.tokenMs.p50.toFixed(1)} / ${summary.tokenMs.p95.toFixed(1)}`,
    summary.peakMemoryBytes === null ? '–' : `${(summary.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB`,
    share(summary.neurons),
    share(summary.gates),
    share(summary.keptMass),
    share(summary.adapting),
    share(summary.accepted),
    summary.efficiencyRatio === null ? '–' : summary.efficiencyRatio.toFixed(2),
    summary.tokensPerCompletion.toFixed(0),
  ]);
  const headings = ['setting', 'tokens/s', 'per processor s', 'token ms p50 / p95', 'peak memory'];
  return table([
    [...headings, 'computed', 'gates', 'kept mass', 'adapting', 'accepted', 'PER', 'tokens each'],
    ...rows,
  ]);
}

function pairedTable([first, ...others]: readonly Summary[]): string {
  const rows = others.flatMap(({ setting, paired }) =>
    paired === null
      ? []
      : [
          [
            setting,
            points(paired.difference),
            `${points(paired.low)} to ${points(paired.high)}`,
            String(paired.onlyFirst),
            String(paired.onlySecond),
            paired.p.toPrecision(2),
          ],
        ],
  );
  const base = first?.setting ?? '';
  return table([['setting', `less ${base}`, '95%', `${base} alone`, 'it alone', 'p (McNemar)'], ...rows]);
}

function points(difference: number): string {
  return `${difference > 0 ? '+' : ''}${(difference * 100).toFixed(1)}`;
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(1);
}
