/** What the solver is given: every part of a model that may lie on the GPU, in bytes there and in seconds per token. */

/** Weights that lie on one device or the other as a whole: a layer's attention, the head. */
export interface Part {
  /** On the GPU. */
  readonly bytes: number;
  readonly gpuSeconds: number;
  readonly cpuSeconds: number;
}

/** One layer's feed-forward neurons, the most frequent first: those on the GPU are a prefix. */
export interface Neurons {
  readonly count: number;
  /** Of one neuron's gate, up and down on the GPU, where only some lie there. */
  readonly bytes: number;
  /** Of all neurons: at most what the single ones take. */
  readonly wholeBytes: number;
  /** The GPU holds a multiple of so many, or all of them. */
  readonly granularity: number;
  /** One neuron on the GPU, which computes it for every token. */
  readonly gpuSeconds: number;
  /** [count] expected seconds per token on the CPU, never rising. */
  readonly cpuSeconds: Float64Array;
  /** What the CPU computes as long as a single neuron of the layer is left to it: the predictor. */
  readonly predictorSeconds: number;
  /** [count] activation frequencies, never rising. */
  readonly frequencies: Float32Array;
}

export interface LayerProblem {
  readonly attention: Part;
  readonly neurons: Neurons;
}

export interface PlacementProblem {
  readonly layers: readonly LayerProblem[];
  readonly head: Part;
  /** Compute buffers on the GPU, needed as soon as anything lies there. */
  readonly scratchBytes: number;
  /** From the GPU to main memory and back to work: what a wait for the other device costs. */
  readonly syncSeconds: number;
}

export interface LayerChoice {
  readonly attentionOnGpu: boolean;
  readonly neuronsOnGpu: number;
}

/** A point of the solution space; the GPU's attention layers are the model's last ones. */
export interface Choice {
  readonly layers: readonly LayerChoice[];
  readonly headOnGpu: boolean;
}

export function allOnCpu(problem: PlacementProblem): Choice {
  const layers = problem.layers.map(() => ({ attentionOnGpu: false, neuronsOnGpu: 0 }));
  return { layers, headOnGpu: false };
}

export function allOnGpu(problem: PlacementProblem): Choice {
  const layers = problem.layers.map(({ neurons }) => ({
    attentionOnGpu: true,
    neuronsOnGpu: mostOnGpu(neurons),
  }));
  return { layers, headOnGpu: true };
}

/** How many neurons the GPU can hold: blocks of a quantised matrix can't be cut. */
export function mostOnGpu({ count, granularity }: Neurons): number {
  return count - (count % granularity);
}

export function gpuBytes(problem: PlacementProblem, choice: Choice): number {
  const layers = problem.layers.map((layer, index) => layerBytes(layer, layerChoice(choice, index)));
  const bytes = sum(layers) + (choice.headOnGpu ? problem.head.bytes : 0);
  return bytes === 0 ? 0 : bytes + problem.scratchBytes;
}

export function layerChoice(choice: Choice, index: number): LayerChoice {
  return choice.layers[index] ?? { attentionOnGpu: false, neuronsOnGpu: 0 };
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function layerBytes({ attention, neurons }: LayerProblem, choice: LayerChoice): number {
  return (choice.attentionOnGpu ? attention.bytes : 0) + neuronBytes(neurons, choice.neuronsOnGpu);
}

export function neuronBytes({ count, bytes, wholeBytes }: Neurons, onGpu: number): number {
  return onGpu === count ? wholeBytes : onGpu * bytes;
}
