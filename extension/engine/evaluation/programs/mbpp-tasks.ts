/**
 * MBPP (Austin et al. 2021, arXiv 2108.07732), `mbpp.jsonl` or `sanitized-mbpp.json` of google-research/google-research: a
 * sentence and three tests; tasks 11 to 510 are asked for, behind the solved tasks 2, 3 and 4.
 */
import { readTaskRows, refused, textFields, type TaskRow } from '../task-file.ts';
import { digestOf, type ProgramTask, type Suite } from './task.ts';

const published = 'mbpp.jsonl';
const publishedDigests: readonly string[] = [
  '5e4ca1d903143ffe75c039e37d4b8be1e5e9ac5f21b1f80ee5bb5c9414692aac',
  'e77653fbc151c0feae16fa897603e25b4a0e790c23c4c46f76692f285acb56fc',
];
const examples = [2, 3, 4];
const [firstAsked, lastAsked] = [11, 510];

export const mbppStops: readonly string[] = ['[DONE]'];

interface Row {
  readonly id: number;
  readonly text: string;
  readonly code: string;
  readonly setup: string;
  readonly tests: readonly string[];
  readonly isSanitized: boolean;
}

/** @throws EngineError */
export function readMbppTasks(file: string): Suite {
  const rows = readTaskRows(file, published).map(rowOf);
  const shots = examples.map((id) => solved(rows, id, file));
  const asked = rows.filter(({ id }) => id >= firstAsked && id <= lastAsked);
  if (asked.length === 0) throw refused(file, `holds no task from ${firstAsked} to ${lastAsked}`, published);
  const tasks = asked.map((row) => taskOf(row, shots.join('')));
  const digest = digestOf(tasks);
  return {
    name: asked.some(({ isSanitized }) => isSanitized) ? 'MBPP sanitized' : 'MBPP',
    tasks,
    stops: mbppStops,
    digest,
    isPublished: publishedDigests.includes(digest),
  };
}

/** The sanitized tasks name their text `prompt` and list lines to import. Line ends are the same in all copies afterwards. */
function rowOf(task: TaskRow): Row {
  const { row, where } = task;
  const isSanitized = 'prompt' in row;
  const textField = isSanitized ? 'prompt' : 'text';
  const fields = textFields(task, [textField, 'code'], published);
  const setup = isSanitized ? textsOf(task, 'test_imports').join('\n') : row['test_setup_code'];
  const id = row['task_id'];
  if (typeof id !== 'number') throw refused(where, 'has no number "task_id"', published);
  if (typeof setup !== 'string') throw refused(where, 'has no text "test_setup_code"', published);
  const tests = textsOf(task, 'test_list');
  if (tests.length === 0) throw refused(where, 'has no tests', published);
  return {
    id,
    text: fields[textField],
    code: unixLines(fields.code),
    setup: unixLines(setup),
    tests: tests.map(unixLines),
    isSanitized,
  };
}

function textsOf({ row, where }: TaskRow, field: string): string[] {
  const value = row[field];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw refused(where, `has no texts "${field}"`, published);
}

function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function solved(rows: readonly Row[], id: number, file: string): string {
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw refused(file, `has no task ${id}, which every prompt shows`, published);
  return `${asking(row)}${row.code}\n[DONE]\n\n`;
}

function asking({ text, tests }: Row): string {
  return `You are an expert Python programmer, and here is your task: ${text} Your code should pass these tests:\n\n${tests.join('\n')}\n[BEGIN]\n`;
}

/** What sets tests up uses what the code defines. An assistant is asked as EvalPlus words it: text and first test as a docstring. */
function taskOf(row: Row, shots: string): ProgramTask {
  const setup = row.setup === '' ? '' : `${row.setup}\n`;
  return {
    id: `Mbpp/${row.id}`,
    asked: {
      continuation: { prompt: `${shots}${asking(row)}`, head: '', canonical: row.code },
      chat: { prompt: `"""\n${row.text}\n${row.tests[0] ?? ''}\n"""`, head: '', canonical: row.code },
    },
    tail: '',
    tests: `${setup}${row.tests.join('\n')}`,
  };
}
