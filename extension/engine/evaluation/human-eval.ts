/**
 * HumanEval's single-line infilling: every line of its solutions, cut out once (Bavarian et al. 2022, arXiv 2207.14255),
 * as `HumanEval-SingleLineInfilling.jsonl.gz` of openai/human-eval-infilling has it.
 */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { EngineError } from '../errors.ts';
import type { LineTask } from './line-tasks.ts';

export interface HumanEvalTask extends LineTask {
  readonly id: string;
  /** Python that runs the tests of the function, once it is defined. */
  readonly tests: string;
}

/** The file has 3 MB unpacked. */
const mostBytes = 64 << 20;
const fields = ['task_id', 'entry_point', 'prompt', 'suffix', 'canonical_solution', 'test'] as const;

type Row = Record<(typeof fields)[number], string>;

/** @throws EngineError */
export function readHumanEval(file: string): HumanEvalTask[] {
  const lines = textOf(file)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length === 0) throw refused(file, 'holds no task');
  return lines.map((line, index) => taskOf(rowOf(line, `${file}, line ${index + 1}`)));
}

/** The program that tells whether `text` does as the missing line. @param overlap UTF-16 units of the suffix it replaces */
export function programWith(task: HumanEvalTask, text: string, overlap = 0): string {
  return `${task.prefix}${text}${task.suffix.slice(overlap)}\n${task.tests}`;
}

function textOf(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) throw new EngineError('badInput', `${file}: no such file`);
  if (!status.isFile()) throw new EngineError('badInput', `${file} is no file: name the .jsonl.gz itself`);
  if (status.size > mostBytes) throw refused(file, 'is too large');
  try {
    return gunzipSync(readFileSync(file), { maxOutputLength: mostBytes }).toString();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(file, `can't be unpacked (${reason})`);
  }
}

function rowOf(line: string, where: string): Row {
  const row = parsed(line);
  if (typeof row !== 'object' || row === null) throw refused(where, 'is no JSON object');
  const missing = fields.find((field) => typeof (row as Partial<Row>)[field] !== 'string');
  if (missing !== undefined) throw refused(where, `has no text "${missing}"`);
  if (!/^\w+$/.test((row as Row).entry_point)) throw refused(where, 'names no function as "entry_point"');
  return row as Row;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
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

function refused(where: string, reason: string): EngineError {
  return new EngineError(
    'badInput',
    `${where} ${reason}: fetch HumanEval-SingleLineInfilling.jsonl.gz again`,
  );
}
