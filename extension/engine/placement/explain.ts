/** A placement in figures: what lies where, what it is expected to bring, what the next GiB would buy. */
import type { Mode } from '../../protocol/figures.ts';
import { type HybridPlan, type LlamaCppPlan, nativePlacement, type Plan } from './plan.ts';
import { allOnCpu, layerChoice, neuronBytes, type Part, type PlacementProblem, sum } from './problem.ts';
import { solvePlacement } from './solve-placement.ts';
import { activationShare, type LayerGroup, layerGroups, neuronShare } from './summary.ts';
import { TokenTime } from './token-time.ts';

export interface ExplainedHybrid {
  readonly decoder: 'hybrid';
  readonly mode: Mode;
  readonly device: string;
  readonly budgetBytes: number;
  readonly gpuBytes: number;
  /** gpuBytes by what it is for. */
  readonly parts: { attention: number; neurons: number; head: number; scratch: number };
  readonly layers: { attention: 'gpu' | 'cpu'; hotNeurons: number }[];
  readonly groups: LayerGroup[];
  readonly headOnGpu: boolean;
  /** Between 0 and 1. */
  readonly neuronShare: number;
  readonly activationShare: number;
  readonly corpus: string | null;
  readonly tokensPerSecond: number;
  readonly cpuTokensPerSecond: number;
  /** What a GiB of the GPU's memory saves, in milliseconds per token. */
  readonly savings: {
    attention: number;
    head: number;
    /** Of the neurons that fire most. */
    firstNeurons: number;
    /** Of the least frequent ones that are placed; null where none is. */
    lastNeurons: number | null;
  };
  readonly nextGibibyte: { tokensPerSecond: number; activationShare: number } | null;
  readonly rates: HybridPlan['rates'];
  readonly isOptimal: boolean;
}

export interface ExplainedLlamaCpp {
  readonly decoder: 'llama.cpp';
  readonly device: string;
  readonly budgetBytes: number;
  readonly gpuBytes: number;
  /** -ngl: the head, then the last layers. */
  readonly gpuLayers: number;
  readonly layers: number;
}

export type Explained = ExplainedHybrid | ExplainedLlamaCpp;

const gibibyte = 2 ** 30;

export async function explainPlan(plan: Plan): Promise<Explained> {
  return plan.decoder === 'hybrid' ? await explainHybrid(plan) : explainLlamaCpp(plan);
}

function explainLlamaCpp({ device, budgetBytes, gpuBytes, gpuLayers, model }: LlamaCppPlan): Explained {
  return {
    decoder: 'llama.cpp',
    device: device.description,
    budgetBytes,
    gpuBytes,
    gpuLayers: gpuLayers.layers,
    layers: model.layers,
  };
}

async function explainHybrid(plan: HybridPlan): Promise<ExplainedHybrid> {
  const { problem, solved } = plan;
  const { choice } = solved;
  return {
    decoder: 'hybrid',
    mode: plan.mode,
    device: plan.device.description,
    budgetBytes: plan.budgetBytes,
    gpuBytes: solved.gpuBytes,
    parts: partsOf(plan),
    layers: nativePlacement(plan.device, choice).layers,
    groups: layerGroups(problem, choice),
    headOnGpu: choice.headOnGpu,
    neuronShare: neuronShare(problem, choice),
    activationShare: activationShare(problem, choice),
    corpus: plan.corpus,
    tokensPerSecond: 1 / solved.secondsPerToken,
    cpuTokensPerSecond: 1 / new TokenTime(problem).of(allOnCpu(problem)),
    savings: savingsOf(plan),
    nextGibibyte: await nextGibibyte(plan),
    rates: plan.rates,
    isOptimal: solved.isOptimal,
  };
}

function partsOf({ problem, solved }: HybridPlan): ExplainedHybrid['parts'] {
  const bytes = (of: (layer: PlacementProblem['layers'][number], index: number) => number) =>
    sum(problem.layers.map(of));
  const { choice } = solved;
  return {
    attention: bytes(({ attention }, index) =>
      layerChoice(choice, index).attentionOnGpu ? attention.bytes : 0,
    ),
    neurons: bytes(({ neurons }, index) => neuronBytes(neurons, layerChoice(choice, index).neuronsOnGpu)),
    head: choice.headOnGpu ? problem.head.bytes : 0,
    scratch: solved.gpuBytes === 0 ? 0 : problem.scratchBytes,
  };
}

function savingsOf({ problem, solved }: HybridPlan): ExplainedHybrid['savings'] {
  const perGibibyte = (seconds: number, bytes: number) => (seconds * 1000 * gibibyte) / Math.max(1, bytes);
  const ofPart = ({ cpuSeconds, gpuSeconds, bytes }: Part) => perGibibyte(cpuSeconds - gpuSeconds, bytes);
  const ofNeuron = ({ neurons }: PlacementProblem['layers'][number], place: number) =>
    perGibibyte(neurons.cpuSeconds[place] ?? 0, neurons.bytes);
  const placed = problem.layers.flatMap((layer, index) => {
    const { neuronsOnGpu } = layerChoice(solved.choice, index);
    return neuronsOnGpu > 0 ? [ofNeuron(layer, neuronsOnGpu - 1)] : [];
  });
  return {
    attention: Math.max(0, ...problem.layers.map(({ attention }) => ofPart(attention))),
    head: ofPart(problem.head),
    firstNeurons: Math.max(0, ...problem.layers.map((layer) => ofNeuron(layer, 0))),
    lastNeurons: placed.length === 0 ? null : Math.min(...placed),
  };
}

/** null where the device has no more, or nothing is left to place. */
async function nextGibibyte({ problem, solved, budgetBytes, device, filling }: HybridPlan) {
  const more = Math.min(budgetBytes + gibibyte, device.totalBytes);
  if (more <= budgetBytes) return null;
  const next = await solvePlacement(problem, more, filling);
  if (next.gpuBytes <= solved.gpuBytes) return null;
  return {
    tokensPerSecond: 1 / next.secondsPerToken,
    activationShare: activationShare(problem, next.choice),
  };
}
