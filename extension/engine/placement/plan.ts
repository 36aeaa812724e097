/** Use case: decide what of a model lies on which device, before it is loaded. */
import type { DecoderName, Mode } from '../../protocol/figures.ts';
import type { NativeAddon, NativeModelSummary } from '../addon.ts';
import type { NativeDevice, NativeDeviceRates, NativeGpuLayers, NativePlacement } from '../native-devices.ts';
import { asEngineError } from '../errors.ts';
import type { WriteLog } from '../native.ts';
import type { GpuBudget } from './budget.ts';
import { chooseDevice } from './devices.ts';
import type { Filling } from './fill.ts';
import { modelProblem } from './model-problem.ts';
import type { Choice, PlacementProblem } from './problem.ts';
import { defaultRatesCache } from '../machine/rates-file.ts';
import { deviceRates } from './rates-cache.ts';
import { type SolvedPlacement, solvePlacement } from './solve-placement.ts';

export interface PlanRequest {
  readonly path: string;
  readonly decoder: DecoderName | 'auto';
  readonly mode: Mode | 'auto';
  readonly profilePath: string | null;
  /** Bytes of the predictors that the model has; 0 for none. */
  readonly predictorBytes: number;
  readonly hotThreshold: number;
  readonly contextLength: number;
  readonly threads: number;
  readonly gpuBudget: GpuBudget;
  /** null: the best GPU. */
  readonly device: string | null;
}

export interface PlanTools {
  readonly addon: NativeAddon;
  readonly log: WriteLog;
  /** The file that keeps measured device rates; one in the user's cache folder when left out. */
  readonly ratesCache?: string;
}

interface PlanBase {
  readonly device: NativeDevice;
  readonly budgetBytes: number;
  readonly model: NativeModelSummary;
}

export interface HybridPlan extends PlanBase {
  readonly decoder: 'hybrid';
  readonly mode: Mode;
  readonly rates: NativeDeviceRates;
  /** Corpus of the profile; null: there is none, and every neuron counts as firing for every token. */
  readonly corpus: string | null;
  readonly problem: PlacementProblem;
  readonly filling: Filling;
  readonly solved: SolvedPlacement;
  /** null: nothing fits, or nothing would gain by it. */
  readonly placement: NativePlacement | null;
}

export interface LlamaCppPlan extends PlanBase {
  readonly decoder: 'llama.cpp';
  readonly gpuLayers: NativeGpuLayers;
  readonly gpuBytes: number;
}

export type Plan = HybridPlan | LlamaCppPlan;

/** A smaller model lies in the processor's cache, and starting a GPU's kernels takes longer than computing it there. */
const smallestForGpu = 256 * 2 ** 20;

/**
 * @returns null where the GPU takes no part: no budget, or `auto` where there is no GPU or none is needed
 * @throws EngineError badInput for a budget or a device that can't be, badModel
 */
export async function planPlacement(request: PlanRequest, tools: PlanTools): Promise<Plan | null> {
  try {
    const chosen = chooseDevice(tools.addon.devices(), request.device, request.gpuBudget);
    if (chosen === null) return null;
    const model = await tools.addon.inspectModel(request.path);
    if (request.gpuBudget === 'auto' && model.sizeBytes < smallestForGpu) return null;
    const base = { ...chosen, model };
    return usesHybrid(request, model)
      ? await planHybrid(request, tools, base)
      : await planLlamaCpp(request, tools, base);
  } catch (error) {
    throw asEngineError(error);
  }
}

/** As the addon chooses: llama.cpp has no mode but dense. */
function usesHybrid({ decoder, mode }: PlanRequest, model: NativeModelSummary): boolean {
  if (decoder !== 'auto') return decoder === 'hybrid';
  return isReluFamily(model) || (mode !== 'auto' && mode !== 'dense');
}

function isReluFamily({ hiddenActivation }: NativeModelSummary): boolean {
  return hiddenActivation === 'relu' || hiddenActivation === 'drelu';
}

async function planHybrid(request: PlanRequest, tools: PlanTools, base: PlanBase): Promise<HybridPlan> {
  const { addon } = tools;
  const { device, budgetBytes, model } = base;
  const costs = await addon.placementCosts(request.path, contextOf(request, model), device.name);
  const cache = tools.ratesCache ?? defaultRatesCache();
  const rates = await deviceRates(device, request.threads, { addon, log: tools.log, cache });
  const profile =
    request.profilePath === null ? null : await addon.readProfile(request.path, request.profilePath);
  const mode = request.mode === 'auto' ? (isReluFamily(model) ? 'exact' : 'dense') : request.mode;
  const { hotThreshold, predictorBytes } = request;
  const frequencies = profile?.frequencies ?? null;
  const problem = modelProblem({ costs, rates, mode, frequencies, hotThreshold, predictorBytes });
  const filling = request.gpuBudget === 'auto' ? 'whatSavesTime' : 'wholeBudget';
  const solved = await solvePlacement(problem, budgetBytes, filling);
  if (!solved.isOptimal) {
    tools.log('info', 'placement: the solver ran out of time, the best it had found is used');
  }
  const placement = solved.gpuBytes === 0 ? null : nativePlacement(device, solved.choice);
  const corpus = profile?.corpus ?? null;
  return { ...base, decoder: 'hybrid', mode, rates, corpus, problem, filling, solved, placement };
}

async function planLlamaCpp(
  request: PlanRequest,
  { addon }: PlanTools,
  base: PlanBase,
): Promise<LlamaCppPlan> {
  const { device, budgetBytes, model } = base;
  const context = contextOf(request, model);
  const { layers, bytes } = await addon.fitGpuLayers(request.path, context, device.name, budgetBytes);
  return { ...base, decoder: 'llama.cpp', gpuLayers: { device: device.name, layers }, gpuBytes: bytes };
}

function contextOf({ contextLength }: PlanRequest, model: NativeModelSummary): number {
  return model.contextLength > 0 ? Math.min(contextLength, model.contextLength) : contextLength;
}

export function nativePlacement(device: NativeDevice, { layers, headOnGpu }: Choice): NativePlacement {
  return {
    device: device.name,
    layers: layers.map(({ attentionOnGpu, neuronsOnGpu }) => ({
      attention: attentionOnGpu ? 'gpu' : 'cpu',
      hotNeurons: neuronsOnGpu,
    })),
    head: headOnGpu ? 'gpu' : 'cpu',
  };
}
