/** The part of the addon's contract that counts activations and trains predictors, see `native/addon/native_profiler.h`. */
import type { NativeDescription } from './addon.ts';

export interface NativeProfilerOptions {
  path: string;
  /** Longest text, in tokens; capped by what the model was trained for. */
  window: number;
  /** 0: as many as pay off for a model of this size, at most the physical cores that a container may use. */
  threads: number;
  /** Of SiLU models: the share of a layer's neurons that counts as not active, 0 to 1. It sets the thresholds. */
  sparsity: number;
}

export interface NativeProfilerDescription {
  name: string;
  hiddenActivation: NativeDescription['hiddenActivation'];
  sizeBytes: number;
  layers: number;
  neuronsPerLayer: number;
  window: number;
  threads: number;
  /** Whether `calibrate` must come before `count`: in SiLU models. */
  needsCalibration: boolean;
  fim: NativeDescription['fim'];
  beginningOfSequence: number | null;
}

/** For each layer, each neuron's activation frequency. */
export interface NativeProfile {
  corpus: string;
  tokens: number;
  frequencies: Float32Array[];
}

/** One layer's trained predictor. Shares lie between 0 and 1. */
export interface NativePredictorPart {
  layer: number;
  /** Hidden units. */
  hidden: number;
  /** Of both matrices. */
  bytes: number;
  /** What it was trained to keep of the activation mass. */
  wantedRecall: number;
  /** What it kept on tokens that nothing was chosen by, and the share of neurons that it predicted there. */
  recall: number;
  share: number;
}

/** A model that is run over texts to count its active neurons. Calls that compute are queued, one at a time. */
export interface NativeProfiler {
  describe(): NativeProfilerDescription;
  /** Text from a document: control tokens in it are just text. */
  tokenize(text: string): Int32Array;
  /** Looks at magnitudes for the thresholds. Resolves to false when cancelled. */
  calibrate(tokens: Int32Array): Promise<boolean>;
  /** Counts every token of one text. Resolves to false when cancelled: a first part of it may then be counted. */
  count(tokens: Int32Array): Promise<boolean>;
  /** What was counted so far. */
  snapshot(): Promise<Omit<NativeProfile, 'corpus'>>;
  /** Writes a profile that names `corpus`; whatever happens, never half of one. */
  save(path: string, corpus: string): Promise<void>;
  /**
   * Takes samples of `count` layers from the layer `first` on, in place of those held. Only of ReLU-family models.
   * @returns how many tokens fit the memory that is free
   */
  beginSamples(first: number, count: number): Promise<number>;
  /** Adds one text's tokens to the samples. Resolves to false when cancelled. */
  sample(tokens: Int32Array): Promise<boolean>;
  /**
   * Trains the predictor of one of the sampled layers and writes it to `path`. Resolves to null when cancelled.
   * @param recall share of the activation mass to keep on tokens that were not trained on
   */
  trainLayer(
    layer: number,
    recall: number,
    path: string,
    onProgress: (fraction: number) => void,
  ): Promise<NativePredictorPart | null>;
  /** null where `path` holds no such part for this model. */
  readPart(path: string): NativePredictorPart | null;
  /** Joins the parts of all layers, in their order, into one file of predictors. */
  joinParts(parts: readonly string[], path: string): Promise<void>;
  /** Ends every `calibrate`, `count`, `sample` and `trainLayer` begun before this call. */
  cancel(): void;
  /** Frees the model; every later call rejects. */
  dispose(): void;
}
