/** The placement that a load asks for. */
import { statSync } from 'node:fs';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { NativeLoadOptions } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { parseBudget } from '../placement/budget.ts';
import { type Plan, planPlacement, type PlanTools } from '../placement/plan.ts';

type Placed = Required<Pick<NativeLoadOptions, 'placement' | 'gpuLayers'>>;

/**
 * With the budget `auto`, a GPU that can't be used costs a warning, and the CPU does all of the work.
 * @throws EngineError
 */
export async function placementFor(
  options: NativeLoadOptions,
  { gpuBudget = 'auto', device }: Pick<LoadModelParams, 'gpuBudget' | 'device'>,
  tools: PlanTools,
): Promise<Placed> {
  const budget = parseBudget(gpuBudget);
  try {
    const predictorBytes = fileSize(options.predictorsPath ?? null);
    const request = { ...options, predictorBytes, gpuBudget: budget, device: device ?? null };
    return placedBy(await planPlacement(request, tools));
  } catch (thrown) {
    const error = asEngineError(thrown);
    const isGpuToBlame = error.kind === 'internal' || error.kind === 'outOfMemory';
    if (budget !== 'auto' || !isGpuToBlame) throw error;
    tools.log('warn', `the GPU is not used: ${error.message}`);
    return placedBy(null);
  }
}

function placedBy(plan: Plan | null): Placed {
  if (plan === null) return { placement: null, gpuLayers: null };
  return plan.decoder === 'hybrid'
    ? { placement: plan.placement, gpuLayers: null }
    : { placement: null, gpuLayers: plan.gpuLayers };
}

/** 0 where there is no such file. */
export function fileSize(path: string | null): number {
  return path === null ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
}
