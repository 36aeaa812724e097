/** Machines as their makers publish them: limits, which no engine quite reaches. */
import type { CostGpu, CostMachine } from './machine.ts';
import data from './machines.json' with { type: 'json' };

export interface PublishedMachine {
  readonly name: string;
  /** USD. */
  readonly prices: { readonly gpu: number; readonly processor: number };
  /** One line for each figure, of where it is from. */
  readonly sources: readonly string[];
  readonly cores: number;
  readonly memoryBytes: number;
  readonly readBytesPerSecond: number;
  /** Multiply-adds of one core, in eight bits. */
  readonly coreProductsPerSecond: number;
  readonly gpu: Omit<CostGpu, 'syncSeconds'> | null;
}

export const publishedMachines: Readonly<Record<string, PublishedMachine>> = data;

/**
 * From a result on one device to the next operation on the other: a kernel's launch and a small copy, which nobody
 * publishes. An assumption, and the only one.
 */
const syncSeconds = 20e-6;
/** What threads that share a part of a layer wait for each other, as measured on two cores. */
const nodeSeconds = 1e-6;
/** Left out: nobody publishes what these take. Engines of GPUs choose tokens there. */
const unpublished = {
  tokenScoreSeconds: 0,
  scoreSeconds: 0,
  valueSeconds: 0,
  rotationSeconds: 0,
  resultSeconds: 0,
  logitSeconds: 0,
  mappedByteSeconds: 0,
};
const halfBytes = 2;
/** Attention multiplies in F32, of which a register has a quarter as many as of eight bits. */
const floatShare = 1 / 4;

/** All threads of it: what fewer do is not published. */
export function costMachine(published: PublishedMachine): CostMachine {
  const { name, cores, memoryBytes, readBytesPerSecond, coreProductsPerSecond, gpu } = published;
  const productsPerSecond = cores * coreProductsPerSecond;
  return {
    name,
    cores,
    memoryBytes,
    products: [
      {
        type: '*',
        threads: cores,
        bytesPerSecond: readBytesPerSecond,
        choiceBytesPerSecond: readBytesPerSecond,
        productsPerSecond,
      },
    ],
    steps: [
      {
        threads: cores,
        keysPerSecond: readBytesPerSecond / halfBytes,
        tokenAttentionPerSecond: productsPerSecond * floatShare,
        attentionPerSecond: productsPerSecond * floatShare,
        nodeSeconds,
        ...unpublished,
      },
    ],
    gpu: gpu === null ? null : { ...gpu, syncSeconds },
  };
}
