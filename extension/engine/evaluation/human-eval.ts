/**
 * HumanEval's single-line infilling: every line of its solutions, cut out once (Bavarian et al. 2022, arXiv 2207.14255),
 * as `HumanEval-SingleLineInfilling.jsonl.gz` of openai/human-eval-infilling has it.
 */
import type { LineTask } from './line-tasks.ts';
import { readTaskRows, refused, textFields, type TaskRow } from './task-file.ts';

export interface HumanEvalTask extends LineTask {
  readonly id: string;
  /** Python that runs the tests of the function, once it is defined. */
  readonly tests: string;
}

const published = 'HumanEval-SingleLineInfilling.jsonl.gz';
const fields = ['task_id', 'entry_point', 'prompt', 'suffix', 'canonical_solution', 'test'] as const;

type Row = Record<(typeof fields)[number], string>;

/** @throws EngineError */
export function readHumanEval(file: string): HumanEvalTask[] {
  return readTaskRows(file, published).map((row) => taskOf(rowOf(row)));
}

/** The program that tells whether `text` does as the missing line. @param overlap UTF-16 units of the suffix it replaces */
export function programWith(task: HumanEvalTask, text: string, overlap = 0): string {
  return `${task.prefix}${text}${task.suffix.slice(overlap)}\n${task.tests}`;
}

function rowOf(task: TaskRow): Row {
  const row = textFields(task, fields, published);
  if (!/^\w+$/.test(row.entry_point)) {
    throw refused(task.where, 'names no function as "entry_point"', published);
  }
  return row;
}

/** The line feed that ends the missing line stays in the document. */
function taskOf(row: Row): HumanEvalTask {
  const middle = row.canonical_solution.replace(/\n+$/, '');
  return {
    id: row.task_id,
    path: null,
    prefix: row.prompt,
    middle,
    suffix: row.canonical_solution.slice(middle.length) + row.suffix,
    tests: `${row.test}\ncheck(${row.entry_point})\n`,
  };
}
