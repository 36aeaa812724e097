/** An evaluation from the terminal: with a bar that shows how far it is, until it is done or Ctrl-C ends it. */
import type { EvaluationTools } from '../engine/evaluation/session.ts';
import { interruptible } from './interruptible.ts';
import { withProgressBar } from './progress-bar.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

/**
 * @param doing a word for the bar
 * @param evaluate resolves to null where the signal ended it
 * @param advice what to do where it did
 * @throws UsageError where Ctrl-C did; EngineError
 */
export async function runEvaluation<Result>(
  doing: string,
  evaluate: (tools: EvaluationTools) => Promise<Result | null>,
  advice = 'ask for less to have figures sooner',
): Promise<Result> {
  const result = await withProgressBar(doing, (onProgress) =>
    interruptible((signal) => evaluate({ ...openInstallation(), signal, onProgress })),
  );
  if (result === null) throw new UsageError(`interrupted: ${advice}`);
  return result;
}

export function printEvaluation<Result>(
  json: boolean,
  result: Result,
  textOf: (result: Result) => string,
): void {
  process.stdout.write((json ? JSON.stringify(result, null, 2) : textOf(result)) + '\n');
}
