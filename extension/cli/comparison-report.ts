/** How prompt forms compare, for people. */
import type { FormComparison, FormScore } from '../engine/evaluation/compare-forms.ts';
import { rate } from './rate.ts';
import { table } from './table.ts';

export function comparisonText({ model, forms }: FormComparison): string {
  const [first] = forms;
  if (first === undefined) return model;
  const languages = Object.keys(first.lines);
  const humaneval = first.humaneval === null ? [] : ['HumanEval exact', 'pass@1'];
  const header = ['prompt form', ...languages.map((language) => `lines of ${language}`), ...humaneval];
  return [`${model}, right of those asked for`, table([header, ...forms.map(cells)])].join('\n\n');
}

function cells({ form, lines, humaneval }: FormScore): string[] {
  const counts = Object.values(lines).map(({ exact, tasks }) => share(exact, tasks));
  if (humaneval === null) return [form, ...counts];
  const { tasks, exact, passed } = humaneval;
  return [form, ...counts, share(exact, tasks), share(passed, tasks)];
}

function share(count: number, of: number): string {
  return `${String(count)}/${String(of)}  ${rate(count, of)}`;
}
