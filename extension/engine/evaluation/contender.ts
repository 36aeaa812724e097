/** Contenders are asked for the same lines and HumanEval tasks, one after the other: a model with its prompts in some form. */
import type { PromptForm } from '../completion/prompt/prompt-form.ts';
import { lineTasks } from './line-tasks.ts';
import type { Session } from './session.ts';
import { solveHumanEval, type HumanEvalScore } from './solve-human-eval.ts';
import { solveLine, type SuggestionRecord } from './solve-line.ts';
import { suggestWith, type Suggest } from './suggest.ts';

export interface LineScore {
  /** Fewer than asked for where the files hold no more. */
  tasks: number;
  exact: number;
}

export interface Contender {
  readonly suggest: Suggest;
  /** By language. */
  readonly lines: Readonly<Record<string, LineScore>>;
  readonly humaneval: HumanEvalScore | null;
  /** Of the lines for which something was suggested. */
  readonly records: SuggestionRecord[];
}

/** @param form of the prompts; the model's own when left out */
export function contender({ model, material, signal }: Session, form?: PromptForm): Contender {
  const languages = [...material.heldOut.keys()].map(
    (language) => [language, { tasks: 0, exact: 0 }] as const,
  );
  return {
    suggest: suggestWith(model, signal, form),
    lines: Object.fromEntries(languages),
    humaneval: material.sandbox === null ? null : { tasks: 0, exact: 0, passed: 0 },
    records: [],
  };
}

export interface LineOptions {
  /** Lines asked for, of each language. */
  readonly tasks: number;
  readonly seed: number;
}

/** @throws the signal's reason */
export async function askForLines(
  contenders: readonly Contender[],
  { tasks: count, seed }: LineOptions,
  { material, progress }: Session,
): Promise<void> {
  progress.expect(count * material.heldOut.size);
  for (const [language, files] of material.heldOut) {
    for (const task of lineTasks(files, count, `${String(seed)}:lines:${language}`)) {
      progress.tell(`lines of ${language}`);
      for (const { suggest, lines, records } of contenders) {
        const record = await solveLine(task, language, suggest);
        if (record !== null) records.push(record);
        countIn(lines[language], record);
      }
      progress.step();
    }
  }
}

function countIn(score: LineScore | undefined, record: SuggestionRecord | null): void {
  if (score === undefined) return;
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
