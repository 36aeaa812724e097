/** What a model would do on a machine, before anybody downloads it. */
import { powerLaw } from './frequencies.ts';
import type { CostMachine } from './machine.ts';
import { memoryNeed, type MemoryNeed } from './memory.ts';
import { sharings } from './sharing.ts';
import { denseModel, onProcessor, type Split, type SplitModel } from './split.ts';
import {
  cacheBytesPerToken,
  type CostedModel,
  decodeSeconds,
  dense,
  prefillSeconds,
  weightBytesPerToken,
} from './step-cost.ts';
import { weightsOf } from './weights.ts';

export interface Forecast {
  readonly threads: number;
  /** Of all weights, in bytes. */
  readonly weightBytes: number;
  /** Read for one token behind {@link Situation.promptTokens}: weights, keys and values. */
  readonly bytesPerToken: number;
  readonly decodeTokensPerSecond: number;
  readonly prefillTokensPerSecond: number;
  /** From a prompt of which nothing was computed before to the end of its first line. */
  readonly firstLineSeconds: number;
  readonly memory: MemoryNeed;
  /** Of the layers, the share on the GPU, under the budget of its memory; 0 also where the processor alone is faster. */
  readonly gpuLayers: number;
  /** Of a model of which few neurons fire; null: all of them do, and it is shared by layers. */
  readonly neurons: NeuronSplit | null;
}

/** Shares between 0 and 1, of those on the GPU. */
export interface NeuronSplit {
  readonly neurons: number;
  /** Of all activations, those of its neurons. */
  readonly activations: number;
}

export interface Situation {
  /** Tokens of the prompt; decoding begins behind them. */
  readonly promptTokens: number;
  /** Tokens of a first line. */
  readonly lineTokens: number;
  /** Tokens that the KV cache has room for, of one document. */
  readonly contextLength: number;
  /** 0: as many as pay off. */
  readonly threads: number;
}

/** Half a file of context, and a line as long as they are on average. */
export const usual: Situation = { promptTokens: 512, lineTokens: 11, contextLength: 4096, threads: 0 };

/** Equal shares of a layer's neurons that frequencies are told for. */
const neuronSteps = 2_000;

export function forecast(model: CostedModel, machine: CostMachine, situation: Situation = usual): Forecast {
  const { promptTokens, lineTokens, contextLength } = situation;
  const weights = weightsOf(model.shape, model.quantisation);
  const weightBytes = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const threads = situation.threads > 0 ? situation.threads : threadsFor(weightBytes, machine.cores);
  const { decode, prefill, split } = fastest(model, machine, situation, threads);
  return {
    threads,
    weightBytes,
    bytesPerToken: weightBytesPerToken(model) + promptTokens * cacheBytesPerToken(model.shape),
    decodeTokensPerSecond: 1 / decode,
    prefillTokensPerSecond: promptTokens / prefill,
    // The prompt's last logits give the line's first token.
    firstLineSeconds: prefill + (lineTokens - 1) * decode,
    memory: memoryNeed(model, contextLength),
    gpuLayers: split.attention,
    neurons: model.sparsity.activity < 1 ? { neurons: split.neurons, activations: split.activations } : null,
  };
}

interface Pace {
  /** Seconds of a token, and of the prompt. */
  readonly decode: number;
  readonly prefill: number;
  readonly split: Split;
}

/** A GPU takes part unless the processor is faster without it: in dense models by layers, where few neurons fire by neurons. */
function fastest(model: CostedModel, machine: CostMachine, situation: Situation, threads: number): Pace {
  const position = situation.promptTokens + situation.lineTokens / 2;
  const alone = {
    decode: decodeSeconds(model, position, machine, threads),
    // A prompt's tokens fire all neurons together.
    prefill: prefillSeconds({ ...model, sparsity: dense }, situation.promptTokens, 0, machine, threads),
    split: onProcessor,
  };
  if (machine.gpu === null) return alone;
  const isSparse = model.sparsity.activity < 1;
  const shared = isSparse ? sparseModel(model) : denseModel(model);
  const ways = sharings[isSparse ? 'neurons' : 'layers'];
  const split = ways.split(shared, machine.gpu.memoryBytes, situation.contextLength);
  const decode = ways.decodeSeconds(shared, split, position, machine, threads);
  if (decode >= alone.decode) return alone;
  return {
    decode,
    prefill: ways.prefillSeconds(shared, split, situation.promptTokens, machine, threads),
    split,
  };
}

function sparseModel(model: CostedModel): SplitModel {
  return { ...model, frequencies: powerLaw(neuronSteps, model.sparsity.activity) };
}

/** One for each 32 MiB of weights: with less to do, threads wait for each other (`native/src/decode/thread_count.cpp`). */
function threadsFor(bytes: number, cores: number): number {
  return Math.min(Math.max(1, Math.ceil(bytes / 2 ** 25)), cores);
}
