/** A model on a machine under one way of sharing it: what comes out, in figures that can be ranked. */
import { always, powerLaw } from './frequencies.ts';
import type { CostMachine } from './machine.ts';
import { memoryNeed } from './memory.ts';
import { type Sharing, sharings } from './sharing.ts';
import { coldActivity, type Split, type SplitModel } from './split.ts';
import type { ModelShape } from './shape.ts';
import { dense } from './step-cost.ts';
import { weightsOf } from './weights.ts';

export interface SimulatedModel {
  readonly name: string;
  readonly shape: ModelShape;
  readonly quantisation: string;
  /** Share of the neurons that fire for a token; 1: a dense model. */
  readonly activity: number;
  /** Of predictors, over all weights; 0: each gate says itself whether its neuron fires. */
  readonly predictorShare: number;
}

export interface Simulated {
  readonly model: string;
  readonly machine: string;
  readonly sharing: Sharing;
  readonly quantisation: string;
  readonly activity: number;
  readonly weightBytes: number;
  /** Of the GPU's memory, that was given. */
  readonly budgetBytes: number;
  /** Whether what is left over fits into main memory. */
  readonly fits: boolean;
  readonly mainMemoryBytes: number;
  readonly decodeTokensPerSecond: number;
  readonly prefillTokensPerSecond: number;
  /** Shares of the neurons: on the GPU, and of those on the processor, that fire. */
  readonly split: Split & { readonly coldFiring: number };
}

export interface SimulationOptions {
  readonly sharing: Sharing;
  /** Bytes of the GPU's memory; null: all of it less a margin for the desktop. */
  readonly budgetBytes: number | null;
  readonly promptTokens: number;
  readonly contextLength: number;
  /** 0: all cores. */
  readonly threads: number;
}

/** Left to the desktop and to other programs, as `auto` leaves them: `extension/engine/placement/devices.ts`. */
const marginBytes = 512 * 2 ** 20;
const marginShare = 1 / 20;
/** Equal shares of a layer's neurons that frequencies are told for. */
const steps = 2_000;
/**
 * Gates that a predictor lets be computed, over those that fire: the random weights' predictor lets 12% pass where 9.4%
 * fire (docs/benchmarks.md).
 */
const predictedOverFiring = 12 / 9.4;

export function simulate(model: SimulatedModel, machine: CostMachine, options: SimulationOptions): Simulated {
  const { sharing, promptTokens, contextLength } = options;
  const threads = options.threads > 0 ? options.threads : machine.cores;
  const weights = weightsOf(model.shape, model.quantisation);
  const weightBytes = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const costed = splitModel(model, weightBytes, sharing);
  const budgetBytes = machine.gpu === null ? 0 : (options.budgetBytes ?? autoBudget(machine.gpu.memoryBytes));
  const ways = sharings[sharing];
  const split = ways.split(costed, budgetBytes, contextLength);
  const need = memoryNeed(costed, contextLength);
  const mainMemoryBytes = Math.max(
    0,
    need.privateBytes + need.mappedBytes + costed.sparsity.predictorBytes - split.gpuBytes,
  );
  return {
    model: model.name,
    machine: machine.name,
    sharing,
    quantisation: model.quantisation,
    activity: costed.sparsity.activity,
    weightBytes,
    budgetBytes,
    fits: mainMemoryBytes <= machine.memoryBytes,
    mainMemoryBytes,
    decodeTokensPerSecond: 1 / ways.decodeSeconds(costed, split, promptTokens, machine, threads),
    prefillTokensPerSecond: promptTokens / ways.prefillSeconds(costed, split, promptTokens, machine, threads),
    split: { ...split, coldFiring: coldActivity(costed, split) },
  };
}

/** Layers as a whole are computed densely. */
function splitModel(model: SimulatedModel, weightBytes: number, sharing: Sharing): SplitModel {
  const { shape, quantisation, activity, predictorShare } = model;
  if (sharing === 'layers' || activity >= 1)
    return { shape, quantisation, sparsity: dense, frequencies: always };
  const predicts = predictorShare > 0 || !shape.isGated;
  const gates = predicts ? Math.min(1, activity * predictedOverFiring) : 1;
  return {
    shape,
    quantisation,
    sparsity: { activity, gates, predictorBytes: predictorShare * weightBytes },
    frequencies: powerLaw(steps, activity),
  };
}

function autoBudget(memoryBytes: number): number {
  return memoryBytes - marginBytes - marginShare * memoryBytes;
}
