/** Expected seconds for one token under a placement: the closed form that the integer program linearises. */
import {
  type Choice,
  type LayerChoice,
  type LayerProblem,
  layerChoice,
  type Part,
  type PlacementProblem,
  sum,
} from './problem.ts';

/**
 * Seconds of the neurons left to the CPU, for every number of neurons on the GPU.
 * @returns [count + 1]
 */
export function remainingSeconds(cpuSeconds: Float64Array): Float64Array {
  const remaining = new Float64Array(cpuSeconds.length + 1);
  for (let index = cpuSeconds.length - 1; index >= 0; index--) {
    remaining[index] = (remaining[index + 1] ?? 0) + (cpuSeconds[index] ?? 0);
  }
  return remaining;
}

/** Evaluates placements of one problem. */
export class TokenTime {
  readonly #problem: PlacementProblem;
  readonly #remaining: readonly Float64Array[];

  constructor(problem: PlacementProblem) {
    this.#problem = problem;
    this.#remaining = problem.layers.map(({ neurons }) => remainingSeconds(neurons.cpuSeconds));
  }

  of(choice: Choice): number {
    const layers = this.#problem.layers.map((_, index) => this.ofLayer(index, layerChoice(choice, index)));
    return sum(layers) + partSeconds(this.#problem.head, choice.headOnGpu);
  }

  ofLayer(index: number, choice: LayerChoice): number {
    const layer = this.#problem.layers[index];
    if (layer === undefined) return 0;
    const attention = partSeconds(layer.attention, choice.attentionOnGpu);
    return attention + this.#feedForward(layer, index, choice) + this.#waiting(layer, choice);
  }

  /** Both halves run at the same time. */
  #feedForward({ neurons }: LayerProblem, index: number, { neuronsOnGpu }: LayerChoice): number {
    const cold = this.#remaining[index]?.[neuronsOnGpu] ?? 0;
    const cpu = neuronsOnGpu === neurons.count ? 0 : cold + neurons.predictorSeconds;
    return Math.max(neuronsOnGpu * neurons.gpuSeconds, cpu);
  }

  /** The devices wait for each other once where they share a layer. */
  #waiting({ neurons }: LayerProblem, { attentionOnGpu, neuronsOnGpu }: LayerChoice): number {
    const shared = attentionOnGpu ? neuronsOnGpu < neurons.count : neuronsOnGpu > 0;
    return shared ? this.#problem.syncSeconds : 0;
  }
}

export function partSeconds(part: Part, onGpu: boolean): number {
  return onGpu ? part.gpuSeconds : part.cpuSeconds;
}
