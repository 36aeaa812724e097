/** Placement problems to solve in tests. */
import type {
  Choice,
  LayerChoice,
  LayerProblem,
  PlacementProblem,
} from '../../../../extension/engine/placement/problem.ts';
import { randomNumbers } from '../../../random.ts';

export interface Shape {
  readonly layers: number;
  readonly neurons: number;
  readonly granularity: number;
  readonly seed: number;
}

/** A problem in which attention, head and neurons compete: bytes near a mebibyte, times near a millisecond. */
export function randomProblem({ layers, neurons, granularity, seed }: Shape): PlacementProblem {
  const random = randomNumbers(seed);
  const gpuRate = 2e9 * (1 + 9 * random());
  const cpuRate = 1e9;
  const part = (bytes: number) => ({ bytes, gpuSeconds: bytes / gpuRate, cpuSeconds: bytes / cpuRate });
  const layer = (): LayerProblem => {
    const bytes = 1_000 + Math.floor(random() * 20_000);
    const frequencies = Float32Array.from({ length: neurons }, () => random() ** 3)
      .sort()
      .reverse();
    return {
      attention: part(200_000 + Math.floor(random() * 400_000)),
      neurons: {
        count: neurons,
        bytes,
        wholeBytes: neurons * bytes * 0.95,
        granularity,
        gpuSeconds: bytes / gpuRate,
        cpuSeconds: Float64Array.from(frequencies, (frequency) => (bytes * frequency) / cpuRate),
        predictorSeconds: random() * 1e-4,
        frequencies,
      },
    };
  };
  return {
    layers: Array.from({ length: layers }, layer),
    head: part(300_000 + Math.floor(random() * 500_000)),
    scratchBytes: 50_000,
    syncSeconds: random() * 2e-4,
  };
}

/**
 * Seconds of one token with any set of batches on the GPU, counted neuron by neuron.
 * @param batches for each layer the neurons of each batch that lies on the GPU
 */
export function countedSeconds(
  problem: PlacementProblem,
  attention: readonly boolean[],
  onGpu: readonly ReadonlySet<number>[],
  headOnGpu: boolean,
): number {
  let total = headOnGpu ? problem.head.gpuSeconds : problem.head.cpuSeconds;
  for (const [index, layer] of problem.layers.entries()) {
    const { neurons } = layer;
    const mine = onGpu[index] ?? new Set();
    let [gpu, cpu] = [0, 0];
    for (let neuron = 0; neuron < neurons.count; neuron++) {
      if (mine.has(neuron)) gpu += neurons.gpuSeconds;
      else cpu += neurons.cpuSeconds[neuron] ?? 0;
    }
    const isWhole = mine.size === neurons.count;
    if (!isWhole) cpu += neurons.predictorSeconds;
    total += Math.max(gpu, cpu);
    total += attention[index] ? layer.attention.gpuSeconds : layer.attention.cpuSeconds;
    const waits = attention[index] ? !isWhole : mine.size > 0;
    if (waits) total += problem.syncSeconds;
  }
  return total;
}

export function choiceOf(
  attention: readonly boolean[],
  counts: readonly number[],
  headOnGpu: boolean,
): Choice {
  const layers = counts.map((neuronsOnGpu, index): LayerChoice => {
    return { attentionOnGpu: attention[index] ?? false, neuronsOnGpu };
  });
  return { layers, headOnGpu };
}
