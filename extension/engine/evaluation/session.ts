/** A loaded model and the material that it is evaluated on, for as long as an evaluation of its infilling lasts. */
import type { LoadModelParams } from '../../protocol/requests.ts';
import { type OnProgress, Progress } from '../benchmark/progress.ts';
import { asEngineError } from '../errors.ts';
import { loadModel, type LoadedModel, type LoadModelTools } from '../model/load-model.ts';
import type { WriteLog } from '../native.ts';
import { openMaterial, requireInfilling, type Material, type MaterialOptions } from './material.ts';

export interface EvaluationTools extends Omit<LoadModelTools, 'onProgress'> {
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface Session {
  readonly material: Material;
  readonly model: LoadedModel;
  /** Aborted: the evaluation ends before its next step. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function withSession<Result>(
  options: MaterialOptions & { readonly load: LoadModelParams },
  tools: EvaluationTools,
  evaluate: (session: Session) => Promise<Result>,
): Promise<Result | null> {
  const { signal } = tools;
  const material = await openMaterial(options);
  const progress = new Progress(tools.onProgress);
  const onProgress = (fraction: number) => {
    progress.tell(`loading, ${(fraction * 100).toFixed(0)}%`);
  };
  // A model that is refused is told of once, by what refuses it.
  const said: Parameters<WriteLog>[] = [];
  const log: WriteLog = (level, message) => {
    said.push([level, message]);
  };
  const model = await loadModel(options.load, { ...tools, log, onProgress });
  try {
    requireInfilling(model);
    for (const [level, message] of said) tools.log(level, message);
    return await evaluate({ material, model, signal, progress });
  } catch (thrown) {
    if (signal.aborted) return null;
    throw asEngineError(thrown);
  } finally {
    model.native.dispose();
  }
}
