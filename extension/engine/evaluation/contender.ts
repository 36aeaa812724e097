/** Contenders are asked for the same lines and HumanEval tasks, one after the other: a model with prompts of some kind. */
import { crossFileTasks } from './cross-file-tasks.ts';
import { type LineTask, lineTasks } from './line-tasks.ts';
import type { Material } from './material.ts';
import type { Session } from './session.ts';
import { solveHumanEval, type HumanEvalScore } from './solve-human-eval.ts';
import { solveLine, type SuggestionRecord } from './solve-line.ts';
import { suggestWith, type PromptChoice, type Suggest } from './suggest.ts';

export interface LineScore {
  /** Fewer than asked for where the files hold no more. */
  tasks: number;
  exact: number;
}

export interface Contender {
  readonly suggest: Suggest;
  /** By language, those at cross-file places apart. */
  readonly lines: Record<string, LineScore>;
  readonly humaneval: HumanEvalScore | null;
  /** Of the lines for which something was suggested. */
  readonly records: SuggestionRecord[];
}

export function contender({ model, material, signal }: Session, choice: PromptChoice = {}): Contender {
  const languages = [...material.heldOut.keys()].map(
    (language) => [language, { tasks: 0, exact: 0 }] as const,
  );
  return {
    suggest: suggestWith(model, signal, choice),
    lines: Object.fromEntries(languages),
    humaneval: material.sandbox === null ? null : { tasks: 0, exact: 0, passed: 0 },
    records: [],
  };
}

export interface LineOptions {
  /** Lines asked for, of each language. */
  readonly tasks: number;
  readonly seed: number;
  /** As many of each language again at places where another file has a say. */
  readonly alsoCrossFile?: boolean;
}

/** Tasks that are counted together. */
interface TaskSet {
  readonly label: string;
  readonly language: string;
  readonly tasks: readonly LineTask[];
}

/** @throws the signal's reason */
export async function askForLines(
  contenders: readonly Contender[],
  options: LineOptions,
  { material, progress }: Session,
): Promise<void> {
  const sets = await taskSets(options, material);
  progress.expect(sets.reduce((sum, { tasks }) => sum + tasks.length * contenders.length, 0));
  for (const { label, language, tasks } of sets) {
    progress.tell(`lines of ${label}`);
    // Place after place of a file for one contender, so that prompts share their beginnings.
    for (const { suggest, lines, records } of contenders) {
      for (const task of tasks.toSorted(byPlace)) {
        const record = await solveLine(task, language, suggest);
        if (record !== null) records.push(record);
        countIn((lines[label] ??= { tasks: 0, exact: 0 }), record);
        progress.step();
      }
    }
  }
}

function byPlace(one: LineTask, other: LineTask): number {
  const paths = (one.path ?? '').localeCompare(other.path ?? '', 'en');
  return paths === 0 ? one.prefix.length - other.prefix.length : paths;
}

async function taskSets(
  { tasks: count, seed, alsoCrossFile }: LineOptions,
  { heldOut }: Material,
): Promise<TaskSet[]> {
  const sets: TaskSet[] = [];
  for (const [language, files] of heldOut) {
    const tasks = lineTasks(files, count, `${String(seed)}:lines:${language}`);
    sets.push({ label: language, language, tasks });
    if (alsoCrossFile !== true) continue;
    const drawn = `${String(seed)}:cross-file:${language}`;
    const crossFile = await crossFileTasks(files, [...heldOut.values()].flat(), count, drawn);
    sets.push({ label: `${language}, cross-file`, language, tasks: crossFile });
  }
  return sets;
}

function countIn(score: LineScore, record: SuggestionRecord | null): void {
  score.tasks++;
  if (record?.right === true) score.exact++;
}

/** @throws the signal's reason */
export async function askForHumanEval(
  contenders: readonly Contender[],
  { material, signal, progress }: Session,
): Promise<void> {
  const { humanEval, sandbox } = material;
  progress.expect(humanEval.length);
  for (const task of humanEval) {
    progress.tell('HumanEval');
    for (const { suggest, humaneval } of contenders) {
      if (sandbox === null || humaneval === null) continue;
      await solveHumanEval(task, humaneval, { suggest, sandbox, signal });
    }
    progress.step();
  }
}
