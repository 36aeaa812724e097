/** HumanEval's single-line infilling as a suite: each line of its solutions, cut out once. */
import { readHumanEval, type HumanEvalTask } from '../human-eval.ts';
import { digestOf, type ProgramTask, type Suite } from './task.ts';

const publishedDigest = '774b817dcf858ac811d6926ce0784ba9882a72ea83579e3d831858e68b41c99c';

/** @throws EngineError */
export function readInfillingTasks(file: string): Suite {
  const tasks = readHumanEval(file).map(taskOf);
  const digest = digestOf(tasks);
  return {
    name: 'HumanEval, single-line infilling',
    tasks,
    stops: [],
    digest,
    isPublished: digest === publishedDigest,
  };
}

function taskOf({ id, prefix, middle, suffix, tests }: HumanEvalTask): ProgramTask {
  return {
    id,
    asked: { infilling: { prompt: prefix, head: prefix, canonical: middle } },
    tail: suffix,
    tests,
  };
}
