/** Use case: what a loaded model would do with other thresholds or another share of the GPU, before anybody waits for a load. */
import { machineFile, keptMachine } from '../../models/cost/machine-cache.ts';
import { ratesOf } from '../../models/cost/machine.ts';
import { nodesPerLayer } from '../../models/cost/step-cost.ts';
import type { Foretold, LoadModelParams, NeuronSettings } from '../../protocol/requests.ts';
import type { NativeAddon, NativeDescription } from '../addon.ts';
import { EngineError } from '../errors.ts';
import { predictorsPath } from '../installation.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { fileSize } from '../model/placement-for.ts';
import type { WriteLog } from '../native.ts';
import { parseBudget } from '../placement/budget.ts';
import { type Plan, planPlacement } from '../placement/plan.ts';
import { layerChoice } from '../placement/problem.ts';
import { hotCount, readShares, type SplitLayer } from './read-share.ts';
import { sortedFrequencies } from './sorted-frequencies.ts';

export interface ForetellTools {
  readonly addon: NativeAddon;
  readonly log: WriteLog;
  readonly model: LoadedModel;
  /** What it was loaded with. */
  readonly params: LoadModelParams;
  readonly ratesCache?: string;
  readonly machineFile?: string;
}

/** Completions fill the context to about this share, as placement counts it. */
const filledContext = 1 / 2;
/** Main memory has room for two contexts, a placement for the one it was planned with: `native/src/decode/open_model.cpp`. */
const contextsWithoutGpu = 2;

/**
 * @returns null behind a server
 * @throws EngineError badInput for settings that can't be
 */
export async function foretell(settings: NeuronSettings, tools: ForetellTools): Promise<Foretold | null> {
  check(settings);
  const { model, addon } = tools;
  const description = model.native.describe();
  if (description.decoder === 'server') return null;
  const plan = await planFor(settings, tools);
  const frequencies = await sortedFrequencies(model, addon);
  const layers = splitLayers(description, settings, frequencies, plan);
  const bytes = bytesPerToken(description, settings, layers);
  const gpuBytes = plan === null ? 0 : plan.decoder === 'hybrid' ? plan.solved.gpuBytes : plan.gpuBytes;
  const contexts = gpuBytes > 0 ? 1 : contextsWithoutGpu;
  const cache = description.cacheBytesPerToken * description.contextLength * contexts;
  return {
    hot: shareOf(layers, ({ hot }) => hot),
    gpu: shareOf(layers, ({ gpu }) => gpu),
    mainMemoryBytes: Math.max(0, description.sizeBytes + cache - gpuBytes),
    gpuBytes,
    bytesPerToken: bytes,
    tokensPerSecond: gpuBytes > 0 ? planned(plan) : onCpu(description, bytes, tools.machineFile),
    device: gpuBytes > 0 ? (plan?.device.description ?? null) : null,
  };
}

function check({ hotThreshold, coldSparsity }: NeuronSettings): void {
  if (!(hotThreshold >= 0 && hotThreshold <= 1)) {
    throw new EngineError('badInput', 'the hot threshold must be a number between 0 and 1');
  }
  if (!(coldSparsity >= 0 && coldSparsity <= 1)) {
    throw new EngineError('badInput', 'the cold sparsity must be a number between 0 and 1');
  }
}

/** As the model would be loaded; null where no GPU takes part. */
async function planFor(
  { hotThreshold, gpuBudget }: NeuronSettings,
  tools: ForetellTools,
): Promise<Plan | null> {
  const { model, params } = tools;
  const { decoder, mode, threads } = model.native.describe();
  return await planPlacement(
    {
      path: model.path,
      profilePath: model.profilePath,
      predictorBytes: fileSize(predictorsPath(model.path)),
      decoder: params.decoder === 'auto' ? 'auto' : decoder,
      mode,
      hotThreshold,
      contextLength: params.contextLength,
      threads: params.threads === 0 ? 0 : threads,
      gpuBudget: parseBudget(gpuBudget),
      device: params.device ?? null,
    },
    tools,
  );
}

/** Without a profile every neuron counts as firing for every token. */
function splitLayers(
  { layers, neuronsPerLayer, mode }: NativeDescription,
  { hotThreshold }: NeuronSettings,
  counted: readonly Float32Array[] | null,
  plan: Plan | null,
): SplitLayer[] {
  return Array.from({ length: layers }, (_, layer): SplitLayer => {
    const gpu = plan?.decoder === 'hybrid' ? layerChoice(plan.solved.choice, layer).neuronsOnGpu : 0;
    const frequencies = counted?.[layer] ?? new Float32Array(neuronsPerLayer).fill(1);
    const hot = counted === null ? 0 : hotCount(frequencies, hotThreshold);
    // What lies on the GPU is computed for every token, however seldom it fires.
    return { frequencies, gpu, hot: mode === 'dense' ? neuronsPerLayer : Math.max(hot, gpu) };
  });
}

function bytesPerToken(
  model: NativeDescription,
  { coldSparsity }: NeuronSettings,
  layers: readonly SplitLayer[],
): number {
  const { mode, sizeBytes, lookedUpBytes, ownPredictorBytes, feedForwardBytes } = model;
  const always = sizeBytes - lookedUpBytes - ownPredictorBytes - feedForwardBytes;
  const cache = model.cacheBytesPerToken * model.contextLength * filledContext;
  const firing = mode === 'thresholded' ? (1 - coldSparsity) / meanOf(layers) : 1;
  const shares = layers.map((layer) => readShares(mode, layer, firing));
  const gates = sum(shares.map((share) => share.gates)) / layers.length;
  const upDown = sum(shares.map((share) => share.upDown)) / layers.length;
  const predictor = mode === 'predicted' ? model.predictorBytes : 0;
  return always + cache + predictor + gates * model.gateBytes + upDown * model.upDownBytes;
}

/** Without waits for other work: what bytes, nodes and the choice of a token take. Null where the machine was not measured. */
function onCpu(model: NativeDescription, bytes: number, file = machineFile()): number | null {
  const machine = keptMachine(file);
  if (machine === null) return null;
  const { product, step } = ratesOf(machine, model.threads);
  const reading = bytes / product(model.quantisation).bytesPerSecond;
  const nodes = model.layers * nodesPerLayer * step.nodeSeconds;
  return 1 / (reading + nodes + model.vocabularySize * step.logitSeconds);
}

function planned(plan: Plan | null): number | null {
  return plan?.decoder === 'hybrid' ? 1 / plan.solved.secondsPerToken : null;
}

function meanOf(layers: readonly SplitLayer[]): number {
  const frequencies = layers.map((layer) => sum([...layer.frequencies]) / layer.frequencies.length);
  return Math.max(Number.EPSILON, sum(frequencies) / layers.length);
}

function shareOf(layers: readonly SplitLayer[], count: (layer: SplitLayer) => number): number {
  return sum(layers.map((layer) => count(layer) / layer.frequencies.length)) / Math.max(1, layers.length);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
