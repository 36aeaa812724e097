/**
 * HumanEval (Chen et al. 2021, arXiv 2107.03374), `HumanEval.jsonl.gz` of openai/human-eval: a function's head and docstring are
 * continued, up to where something else than its body begins.
 */
import { readTaskRows, refused, textFields, type TaskRow } from '../task-file.ts';
import { digestOf, type ProgramTask, type Suite } from './task.ts';

const published = 'HumanEval.jsonl.gz';
const publishedDigest = '6140ed7370bff0c220c77c367adedac3a9fcf8e27e0bfd13033a77d6097197f7';
const fields = ['task_id', 'entry_point', 'prompt', 'canonical_solution', 'test'] as const;

/** Section 3.1 of the paper. */
export const humanEvalStops: readonly string[] = ['\nclass', '\ndef', '\n#', '\nif', '\nprint'];

/** @throws EngineError */
export function readHumanEvalTasks(file: string): Suite {
  const tasks = readTaskRows(file, published).map(taskOf);
  const digest = digestOf(tasks);
  return { name: 'HumanEval', tasks, stops: humanEvalStops, digest, isPublished: digest === publishedDigest };
}

/** The program is that of the original evaluator; an assistant's answer stands alone, without the prompt. */
function taskOf(task: TaskRow): ProgramTask {
  const row = textFields(task, fields, published);
  if (!/^\w+$/.test(row.entry_point)) {
    throw refused(task.where, 'names no function as "entry_point"', published);
  }
  return {
    id: row.task_id,
    asked: {
      continuation: { prompt: row.prompt, head: row.prompt, canonical: row.canonical_solution },
      chat: { prompt: row.prompt.trim(), head: '', canonical: row.prompt + row.canonical_solution },
    },
    tail: '',
    tests: `${row.test}\ncheck(${row.entry_point})`,
  };
}
