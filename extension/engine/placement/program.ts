/**
 * PowerInfer's placement as an integer program (Song et al., section 6), with seconds as the one objective. docs/engine.md
 * has it in formulas, and says where it refines the paper's.
 */
import { fewestThatPay } from './communication.ts';
import { IntegerProgram, type Limits, type Term } from './integer-program.ts';
import {
  type Choice,
  type LayerChoice,
  layerChoice,
  type LayerProblem,
  mostOnGpu,
  type Neurons,
  type PlacementProblem,
} from './problem.ts';
import { type Segment, segmentsOf } from './segments.ts';
import { remainingSeconds } from './token-time.ts';

/** Solvers reckon with tolerances of about 1e-6: units that bring the numbers near 1. */
const microseconds = 1e6;
const perMebibyte = 1 / 2 ** 20;

export interface SolvedChoice {
  readonly choice: Choice;
  readonly isOptimal: boolean;
}

/** The variables of one layer. */
interface LayerVariables {
  readonly attention: number;
  /** 1 where any neuron lies on the GPU. */
  readonly some: number;
  /** 1 only where all of them do. */
  readonly all: number;
  readonly neurons: Neurons;
  readonly segments: readonly { readonly variable: number; readonly segment: Segment }[];
}

/**
 * @param roomBytes for weights and KV cache, compute buffers taken off
 * @param start a placement to improve on, its neurons in whole segments
 * @returns null where the time limit came before any solution
 */
export async function solveProgram(
  problem: PlacementProblem,
  roomBytes: number,
  limits: Limits,
  start: Choice,
): Promise<SolvedChoice | null> {
  const program = new IntegerProgram();
  const layers = problem.layers.map((layer) => addLayer(program, layer, problem.syncSeconds));
  const { head } = problem;
  const headVariable = program.addVariable((head.gpuSeconds - head.cpuSeconds) * microseconds, 1, 'integer');
  limitMemory(program, problem, layers, headVariable, roomBytes);
  keepAttentionTogether(program, layers);

  const started = new Map(
    layers.flatMap((variables, index) => startOf(variables, layerChoice(start, index))),
  );
  started.set(headVariable, start.headOnGpu ? 1 : 0);
  const solution = await program.minimise(limits, started);
  if (solution === null) return null;
  const valueOf = (variable: number) => Math.round(solution.values[variable] ?? 0);
  return {
    choice: {
      layers: layers.map((variables) => layerChoiceOf(variables, valueOf)),
      headOnGpu: valueOf(headVariable) === 1,
    },
    isOptimal: solution.isOptimal,
  };
}

/** Adds a layer's share of the time, and of the conditions that concern no other layer. */
function addLayer(
  program: IntegerProgram,
  { attention, neurons }: LayerProblem,
  syncSeconds: number,
): LayerVariables {
  const saved = attention.gpuSeconds - attention.cpuSeconds;
  const attentionVariable = program.addVariable(saved * microseconds, 1, 'integer');
  const segments = segmentsOf(neurons).map((segment) => ({
    segment,
    variable: program.addVariable(0, segment.batches, 'integer'),
  }));
  const some = program.addVariable(0, 1, 'integer');
  const all = program.addVariable(0, mostOnGpu(neurons) === neurons.count ? 1 : 0, 'integer');

  addTime(program, neurons, segments, all);
  addWaiting(program, { attention: attentionVariable, some, all }, syncSeconds);
  addAllOrEnough(program, neurons, { attention: attentionVariable, segments, some, all }, syncSeconds);
  return { attention: attentionVariable, segments, some, all, neurons };
}

type SegmentVariables = LayerVariables['segments'];

/** The slower half's time, as a variable that is at least as large as either's. */
function addTime(program: IntegerProgram, neurons: Neurons, segments: SegmentVariables, all: number): void {
  const slower = program.addVariable(1, Infinity, 'continuous');
  const onGpu = segments.map(({ variable, segment }): Term => [
    -segment.neurons * neurons.gpuSeconds * microseconds,
    variable,
  ]);
  program.atLeast([[1, slower], ...onGpu], 0);

  const saved = segments.map(({ variable, segment }): Term => [
    segment.savedSeconds * microseconds,
    variable,
  ]);
  const predictor = neurons.predictorSeconds * microseconds;
  const total = (remainingSeconds(neurons.cpuSeconds)[0] ?? 0) * microseconds;
  program.atLeast([[1, slower], ...saved, [predictor, all]], total + predictor);
}

/** A layer that the devices share costs one wait: attention here and neurons there, or neurons on both. */
function addWaiting(
  program: IntegerProgram,
  { attention, some, all }: Pick<LayerVariables, 'attention' | 'some' | 'all'>,
  seconds: number,
): void {
  const waits = program.addVariable(seconds * microseconds, 1, 'continuous');
  program.atLeast(
    [
      [1, waits],
      [-1, some],
      [1, attention],
    ],
    0,
  );
  program.atLeast(
    [
      [1, waits],
      [-1, attention],
      [1, all],
    ],
    0,
  );
}

/** None, or at least as many neurons as make up for the wait, where attention does not cause it anyway. */
function addAllOrEnough(
  program: IntegerProgram,
  neurons: Neurons,
  { attention, some, all, segments }: Omit<LayerVariables, 'neurons'>,
  syncSeconds: number,
): void {
  const count = segments.map(({ variable, segment }): Term => [segment.neurons, variable]);
  program.atMost([...count, [-mostOnGpu(neurons), some]], 0);
  program.atLeast([...count, [-neurons.count, all]], 0);
  const enough = fewestThatPay(neurons, syncSeconds);
  if (enough === null)
    program.atMost(
      [
        [1, some],
        [-1, attention],
      ],
      0,
    );
  else program.atLeast([...count, [-enough, some], [enough, attention]], 0);
}

function limitMemory(
  program: IntegerProgram,
  problem: PlacementProblem,
  layers: readonly LayerVariables[],
  head: number,
  roomBytes: number,
): void {
  const terms: Term[] = [[problem.head.bytes * perMebibyte, head]];
  for (const [index, { attention, neurons }] of problem.layers.entries()) {
    const variables = layers[index];
    if (variables === undefined) continue;
    terms.push([attention.bytes * perMebibyte, variables.attention]);
    terms.push([(neurons.wholeBytes - neurons.count * neurons.bytes) * perMebibyte, variables.all]);
    for (const { variable, segment } of variables.segments) {
      terms.push([segment.neurons * neurons.bytes * perMebibyte, variable]);
    }
  }
  program.atMost(terms, roomBytes * perMebibyte);
}

/** Attention on the GPU from some layer on to the last: the residual then crosses between the devices once. */
function keepAttentionTogether(program: IntegerProgram, layers: readonly LayerVariables[]): void {
  for (const [index, { attention }] of layers.entries()) {
    const next = layers[index + 1];
    if (next !== undefined)
      program.atMost(
        [
          [1, attention],
          [-1, next.attention],
        ],
        0,
      );
  }
}

function layerChoiceOf(
  { attention, segments }: LayerVariables,
  valueOf: (variable: number) => number,
): LayerChoice {
  let neuronsOnGpu = 0;
  for (const { variable, segment } of segments) neuronsOnGpu += valueOf(variable) * segment.neurons;
  return { attentionOnGpu: valueOf(attention) === 1, neuronsOnGpu };
}

/** The values of a layer's integer variables; the others follow from them. */
function startOf(
  { attention, segments, some, all, neurons }: LayerVariables,
  { attentionOnGpu, neuronsOnGpu }: LayerChoice,
): [variable: number, value: number][] {
  let left = neuronsOnGpu;
  const taken = segments.map(({ variable, segment }): [number, number] => {
    const batches = Math.min(segment.batches, Math.floor(left / segment.neurons));
    left -= batches * segment.neurons;
    return [variable, batches];
  });
  return [
    [attention, attentionOnGpu ? 1 : 0],
    [some, neuronsOnGpu > 0 ? 1 : 0],
    [all, neuronsOnGpu === neurons.count ? 1 : 0],
    ...taken,
  ];
}
