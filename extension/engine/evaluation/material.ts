/** What an evaluation asks for, opened before anything long begins: a wrong name costs no time. */
import { EngineError } from '../errors.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { readHeldOut, type HeldOut } from './held-out.ts';
import { readHumanEval, type HumanEvalTask } from './human-eval.ts';
import { PythonSandbox } from './python-sandbox.ts';

export interface MaterialOptions {
  /** Files and folders; none: HumanEval alone. */
  readonly paths: readonly string[];
  /** `HumanEval-SingleLineInfilling.jsonl.gz`; null: without. */
  readonly humanEval: string | null;
  /** Of its tasks, the first of every so many. */
  readonly every: number;
}

export interface Material {
  readonly heldOut: HeldOut;
  readonly humanEval: readonly HumanEvalTask[];
  /** null: no HumanEval. */
  readonly sandbox: PythonSandbox | null;
}

/** @throws EngineError */
export async function openMaterial({ paths, humanEval, every }: MaterialOptions): Promise<Material> {
  const heldOut: HeldOut = paths.length === 0 ? new Map() : readHeldOut(paths);
  if (humanEval === null) return { heldOut, humanEval: [], sandbox: null };
  const tasks = readHumanEval(humanEval).filter((_task, index) => index % every === 0);
  return { heldOut, humanEval: tasks, sandbox: await PythonSandbox.open() };
}

/** @throws EngineError where the model has no infilling tokens */
export function requireInfilling({ description, path }: LoadedModel): void {
  if (description.fim !== null) return;
  throw new EngineError(
    'badInput',
    `${path} has no infilling tokens: choose a model that was trained to fill in the middle`,
  );
}
