/** HumanEval's missing lines: how many are exactly those of the solutions, and with how many the tests pass. */
import { isRight } from './solve-line.ts';
import { programWith, type HumanEvalTask } from './human-eval.ts';
import type { PythonSandbox } from './python-sandbox.ts';
import type { Suggest } from './suggest.ts';

export interface HumanEvalScore {
  tasks: number;
  /** The text of the solution's line. */
  exact: number;
  /** With the suggestion in its place, even an empty one, the function's tests pass. */
  passed: number;
}

export interface HumanEvalTools {
  readonly suggest: Suggest;
  readonly sandbox: PythonSandbox;
  readonly signal: AbortSignal;
}

/** @param score added to */
export async function solveHumanEval(
  task: HumanEvalTask,
  score: HumanEvalScore,
  { suggest, sandbox, signal }: HumanEvalTools,
): Promise<void> {
  const { prefix, suffix, path } = task;
  const result = await suggest({ prefix, suffix, path, maxLines: 1 });
  const program = programWith(task, result.text, result.overlap);
  // The solution's own program passes: nothing is learned by running it again.
  const passes =
    program === programWith(task, task.middle) || (await sandbox.run(program, signal)).outcome === 'passed';
  signal.throwIfAborted();
  score.tasks++;
  if (isRight(result, task)) score.exact++;
  if (passes) score.passed++;
}
