/** Answers of a model whose file stays what it was when it was loaded. */
import { EngineError } from '../errors.ts';
import { isReplaced } from './file-version.ts';
import type { LoadedModel } from './load-model.ts';

/**
 * Pages of a mapped file that were not read yet are read when they are needed: an answer is one model's only where the
 * file was the same all the while.
 */
export async function fromOneFile<Result>(model: LoadedModel, work: () => Promise<Result>): Promise<Result> {
  requireItsFile(model);
  const result = await work();
  requireItsFile(model);
  return result;
}

function requireItsFile(model: LoadedModel): void {
  if (!hasLostItsFile(model)) return;
  throw new EngineError('modelReplaced', `${model.path} was changed since it was loaded: load it again`);
}

export function hasLostItsFile({ file }: LoadedModel): boolean {
  return file !== null && isReplaced(file);
}
