/**
 * The shape of `hotset.node`. Everything that computes returns a promise and runs on a thread of the addon; errors
 * reject with a one-line message and a `code` of {@link NativeErrorCode}.
 */
import type {
  NativeDevice,
  NativeDeviceRates,
  NativeGpuLayers,
  NativePlacement,
  NativePlacementCosts,
  NativeProcessorRates,
} from './native-devices.ts';
import type { NativeProfile, NativeProfiler, NativeProfilerOptions } from './native-profiler.ts';
import type {
  CacheType,
  DecoderName,
  Drafts,
  LocalDecoderName,
  Mode,
  PredictorName,
  Selection,
  StopReason,
  Threshold,
} from '../protocol/figures.ts';

/** `error.code` of a rejected native call. */
export type NativeErrorCode = 'BAD_INPUT' | 'BAD_MODEL' | 'OUT_OF_MEMORY' | 'INTERNAL';

export interface NativeLoadOptions {
  path: string;
  decoder: LocalDecoderName | 'auto';
  /**
   * With the decoder `auto`, the faster one by a measurement and a line why: it counts where either would do. Left out or
   * null: none was made.
   */
  measuredDecoder?: { decoder: LocalDecoderName; reason: string } | null;
  mode: Mode | 'auto';
  /** GGUF with `blk.N.activation_frequency`; null: every neuron is cold in exact mode. */
  profilePath: string | null;
  /** GGUF with fc1 and fc2 for predicted mode; null or left out: those in the model's own file, if any. */
  predictorsPath?: string | null;
  /** `auto`, as when left out: learned if there are any, else sign. */
  predictor?: PredictorName | 'auto';
  hotThreshold: number;
  /** Thresholded mode: what is held against τ; `gate` when left out. */
  selection?: Selection;
  /** Thresholded mode: what τ follows from; half of the cold neurons when left out. */
  threshold?: Threshold;
  /** Tokens drafted with neurons left out for each pass that verifies them densely, 0 to 7; 0 when left out. */
  verify?: number;
  /** Tokens whose keys and values a dense pass computes anew once there are so many; 0, never, when left out. */
  correct?: number;
  contextLength: number;
  /** See LoadModelParams; `f16` when left out. */
  cacheType?: CacheType;
  /** Texts that {@link NativeModel.generateTogether} is to go on with at once, up to 16, where the decoder and memory allow it; 1 when left out. */
  parallel?: number;
  /** 0: as many as pay off for a model of this size, at most the physical cores that a container may use. */
  threads: number;
  /** `auto` takes the best this processor runs; the others are for tests and benchmarks. */
  kernel: 'auto' | 'scalar' | 'avx2' | 'avxvnni' | 'avx512' | 'neon';
  /** What the hybrid decoder puts on a GPU; left out or null: nothing. */
  placement?: NativePlacement | null;
  /** What `llama.cpp` puts on a GPU; left out or null: nothing. */
  gpuLayers?: NativeGpuLayers | null;
  /** Keeps when each device computed what, in the hybrid decoder; false when left out. */
  trace?: boolean;
  /** Lets `llama.cpp` run a ReLU-family model although its output is then wrong: for speed comparison only. */
  ignoreHiddenActivation?: boolean;
}

export interface NativeDescription {
  name: string;
  architecture: string;
  hiddenActivation: 'silu' | 'relu' | 'drelu' | 'gelu' | 'other';
  quantisation: string;
  parameters: number;
  sizeBytes: number;
  layers: number;
  embeddingLength: number;
  neuronsPerLayer: number;
  vocabularySize: number;
  contextLength: number;
  cacheType: CacheType;
  /** Texts that {@link NativeModel.generateTogether} goes on with at once; below 2 it refuses. */
  parallel: number;
  trainedContextLength: number;
  decoder: DecoderName;
  /** Why it is this decoder, a line for people. */
  decoderReason: string;
  /** That would do as well, and which is faster was not measured; null: none. */
  otherDecoder: LocalDecoderName | null;
  mode: Mode;
  kernel: string | null;
  threads: number;
  profileCorpus: string | null;
  hotShare: number;
  gpuShare: number;
  /** The GPU's name; null without one. */
  device: string | null;
  /** What ggml allocated there. */
  gpuBytes: number;
  attentionLayersOnGpu: number;
  headOnGpu: boolean;
  predictor: PredictorName | null;
  /** Of all layers. */
  predictorBytes: number;
  /** Of all gate rows, and of all up and down rows, as the mode reads them. */
  gateBytes: number;
  upDownBytes: number;
  /** Of the head's, that choosing the most probable token in place of sampling left unread: the mean so far, 0 before. */
  headBytesLeftOut: number;
  /**
   * Token ids from the GGUF; null where the model has no infilling tokens. `order` is `hotset.fim.order`, else psm; `path`
   * is `hotset.prompt.path`.
   */
  fim: { prefix: number; suffix: number; middle: number; order: 'spm' | 'psm'; path: boolean } | null;
  /** What is wrong with the file though it can be used: a line for people each, which goes on from its name. */
  warnings: readonly string[];
  /** `hotset.confidence.weights`, four finite numbers; null where the file has none. */
  confidenceWeights: Float32Array | null;
  /** Token to put first, or null where the vocabulary asks for none. */
  beginningOfSequence: number | null;
  /** Of all gate, up and down matrices. */
  feedForwardBytes: number;
  /** Of predictors in the model's own file, which predicted mode alone reads. */
  ownPredictorBytes: number;
  /** Of tensors of which a token reads one row only: the token embeddings, unless they are the output matrix too. */
  lookedUpBytes: number;
  /** Keys and values of all layers. */
  cacheBytesPerToken: number;
}

/** What a GGUF file's header says. */
export interface NativeModelSummary {
  architecture: string;
  hiddenActivation: NativeDescription['hiddenActivation'];
  layers: number;
  neuronsPerLayer: number;
  contextLength: number;
  sizeBytes: number;
  /** Why the hybrid decoder can't run it; null where it can. */
  hybridObstacle: string | null;
}

export interface NativeGenerateOptions {
  maxTokens: number;
  /** Stop when this many line feeds were generated, the text cut right before the last of them; 0: no limit. */
  maxLines: number;
  /** Counted from the first token; 0: no limit. */
  maxMilliseconds: number;
  /** 0: greedy. */
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  seed: number;
  /**
   * Bytes that the generation must begin with: only tokens that fit them are chosen from. They are no part of `text`, and
   * tokens that lie within them none of `tokens`. Left out: none.
   */
  held?: Uint8Array;
  /**
   * The document whose keys and values are kept; others keep theirs as long as there is room, and all of them share what
   * they begin with. Left out: one of its own.
   */
  sequence?: string;
  /**
   * Whether several drafted tokens may be verified in one pass, as many as measured times make worth it, and what is
   * generated may be drafted later on; the tokens are those that greedy decoding chooses without. Left out: yes. Sampling
   * drafts nothing.
   */
  draft?: boolean;
  /** Whether {@link NativeGeneration.firing} is wanted, which takes a little time; no when left out. */
  watch?: boolean;
  /**
   * Of `generateTogether`: whether {@link NativeGeneration.keptPrompt} is wanted, and what came of it before, of the same
   * prompt and model file with a cache of the same type, which then takes the place of computing it.
   */
  keepPrompt?: boolean;
  keptPrompt?: Uint8Array;
  /** Decodes on through end-of-text tokens, so that a benchmark or a test gets as many tokens as it asked for. */
  ignoreEndOfText?: boolean;
}

/** `trimmed` is the engine's own verdict, taken by cancelling. */
export type NativeStopReason = Exclude<StopReason, 'trimmed'>;

/** Means over tokens decoded one at a time; null where the decoder does not look. */
export interface NativeStatistics {
  /** Share of the CPU's neurons whose activation was not zero (thresholded: above τ). */
  activity: number | null;
  /** Share of all neurons whose gate was computed. */
  computed: number | null;
  /** Of the cold neurons, sampled; null where none is left out. */
  recall: number | null;
  /** The same for each layer, null for those without a sample; empty where none is left out. */
  recallByLayer: (number | null)[];
  /** Share of the time that went into thresholds which follow what is decoded; null where they stay. */
  adapting: number | null;
}

/** Which neurons fired in tokens that were computed alone. */
export interface NativeFiring {
  /** At least 1. */
  tokens: number;
  /**
   * [layers × neurons], of how large a share of the tokens each fired, of 255; in the order of the profile's frequencies. 0 of
   * those that the GPU computes, which tells of none.
   */
  shares: Uint8Array;
}

/** Statistics are of the decoded tokens. */
export interface NativeGeneration extends NativeStatistics {
  /** null or left out unless it was watched and something was computed. */
  firing?: NativeFiring | null;
  text: string;
  tokens: Int32Array;
  /**
   * Of each token, under the model itself, greedy or sampled; of the one that goes beyond the held bytes, among the tokens
   * that fit them.
   */
  tokenProbabilities: Float32Array;
  /** UTF-8 bytes of `text` once each of the tokens was generated. */
  textEnds: Int32Array;
  /** Of the token that ended the text, which is none of `tokens`; null where something else ended it. */
  endProbability: number | null;
  stopReason: NativeStopReason;
  promptTokens: number;
  cachedTokens: number;
  /** Of the prompt, computed in this call; fewer than the rest where it was cancelled. */
  prefilledTokens: number;
  prefillMs: number;
  /** From the start of the call to the first token. */
  timeToFirstTokenMs: number;
  /** From the first token to the last, the one that ended the text among them. */
  decodeMs: number;
  /** In each of which the logits behind one token were computed, or behind several drafted ones. */
  passes: number;
  drafts: Drafts;
  held: NativeHeld;
  /** Keys and values of the prompt but for its last token; null or left out unless they were asked for. */
  keptPrompt?: Uint8Array | null;
}

/** One of several generations that go on together. */
export interface NativeTogether {
  generation: Promise<NativeGeneration>;
  /** Ends this one, and none beside it, with what it said so far. */
  cancel: () => void;
}

/** Tokens that the KV cache holds now, by the name of the sequence; those that had to leave are missing. */
export type NativeHeld = Readonly<Record<string, number>>;

/** What came of {@link NativeModel.prefill}. */
export interface NativePrefill {
  /** In this call. */
  computedTokens: number;
  /** Not cancelled: the whole prompt is held. */
  isWhole: boolean;
  milliseconds: number;
  held: NativeHeld;
}

/** A stage of one token's, or of a prefill's, computation. Microseconds since the model was loaded. */
export interface NativeTraceEvent {
  name: string;
  /** `CPU`, or a {@link NativeDevice.name}. */
  device: string;
  beginUs: number;
  endUs: number;
}

/**
 * A text whose last tokens were taken back as far as a longer token could begin there: what stands before the cursor may
 * be half a word, and the model knows whole ones.
 */
export interface HealedText {
  tokens: Int32Array;
  /** The bytes behind `tokens`: the rest of the text, for {@link NativeGenerateOptions.held}. */
  held: Uint8Array;
}

/** One loaded model with one KV cache. Calls that compute are queued, one at a time. */
export interface NativeModel {
  /** As of the last call that computed: a GPU that was lost is not in it any more. */
  describe(): NativeDescription;
  /** @param parseSpecial whether text such as `<EOT>` becomes its control token: never for text from a document. */
  tokenize(text: string, parseSpecial: boolean): Int32Array;
  /** Text from a document that is to be continued, as the model is best asked to: see {@link HealedText}. */
  tokenizeHealed(text: string): HealedText;
  /** Text of the tokens; control tokens are left out. */
  detokenize(tokens: Int32Array): string;
  /**
   * Prefills what the KV cache does not hold of `prompt` (longest common prefix kept) and decodes from there.
   * @param onText pieces of text as they come, each whole UTF-8 characters
   */
  generate(
    prompt: Int32Array,
    options: NativeGenerateOptions,
    onText: (text: string) => void,
  ): Promise<NativeGeneration>;
  /**
   * The same beside others that were asked for so: each pass computes the next token of all of them, at most
   * {@link NativeDescription.parallel}, and those that are more wait. What one says is what it says alone, but for its times.
   * Nothing is drafted or watched, and `sequence` is not asked for. Other calls wait until none of them is left.
   */
  generateTogether(
    prompt: Int32Array,
    options: NativeGenerateOptions,
    onText: (text: string) => void,
  ): NativeTogether;
  /**
   * Computes ahead what is not held of a prompt, in chunks of about a tenth of a second: when cancelled, it keeps those
   * that are finished. A later `generate` of any sequence begins with the longest beginning that is held.
   */
  prefill(prompt: Int32Array, options: { readonly sequence: string }): Promise<NativePrefill>;
  /**
   * How long a pass takes over each of `counts` tokens (1 to 8) at once, with the logits of all of them, behind `prompt`:
   * milliseconds, row-major [rounds, counts.length], the counts in turns, there and back. Drafts go by it from then on. When
   * cancelled, the rounds that are finished.
   */
  passMilliseconds(prompt: Int32Array, counts: Int32Array, rounds: number): Promise<Float64Array>;
  /**
   * Ends every `generate`, `prefill` and `passMilliseconds` begun before this call, running or queued, within one token or
   * one graph node of a prefill; each resolves as `cancelled`.
   */
  cancel(): void;
  /**
   * Row-major logits [tokens.length, vocabularySize] of a fresh sequence, computed one token at a time where the mode
   * leaves out neurons; leaves the KV cache empty.
   */
  logits(tokens: Int32Array): Promise<Float32Array>;
  /** What the neurons did in calls of `logits` since the last call of this or of `generate`. */
  takeStatistics(): Promise<NativeStatistics>;
  /** What was computed since the last call; empty unless the model was loaded with `trace`, and for llama.cpp. */
  takeTrace(): Promise<NativeTraceEvent[]>;
  /** Frees model and KV cache; every later call rejects. */
  dispose(): void;
  /** The same, settled once their memory is free. */
  release(): Promise<void>;
}

export interface NativeShapeOptions {
  /** Where the files go; made where it is not there. */
  folder: string;
  /**
   * `llama-7b`, `llama-13b`, `llama-33b`, `llama-70b`, `codellama-7b`, `qwen2-0.5b`, `qwen2-1.5b`, `qwen2-3b`,
   * `deepseek-coder-1.3b`, `smollm2-360m`, `tinyllama-1.1b`, `prosparse-llama-2-7b`, `prosparse-llama-2-13b` or
   * `turbosparse-mistral-7b`.
   */
  shape: string;
  /** `Q4_0`, `Q4_K`, `Q6_K`, `Q8_0`, `BF16` or `F16`. */
  quant: string;
  /** Mean share of neurons that fire, between 0.01 and 0.9; the shape's own, 0.1 of most, when left out. */
  activity?: number;
  /** The first so many of the shape's layers, 1 to all (all). */
  layers?: number;
}

/** Paths of a model with random weights and of what belongs to it. */
export interface NativeShapeFiles {
  model: string;
  profile: string;
  predictors: string;
  neurons: string;
}

export interface NativeAddon {
  /** Loads ggml's backends from the addon's own folder; call once, before anything else. */
  initialise(log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void): void;
  /** @param onProgress fraction between 0 and 1 */
  loadModel(options: NativeLoadOptions, onProgress: (fraction: number) => void): Promise<NativeModel>;
  /** Loads a `llama` or `qwen2` model to profile it. @param onProgress fraction between 0 and 1 */
  openProfiler(
    options: NativeProfilerOptions,
    onProgress: (fraction: number) => void,
  ): Promise<NativeProfiler>;
  /** Refuses a profile of another model. */
  readProfile(model: string, profile: string): Promise<NativeProfile>;
  /**
   * Writes a model of a known shape whose neurons fire as asked and whose predictors predict, or does nothing where its
   * files are there from an earlier call.
   * @param onProgress fraction between 0 and 1
   */
  writeShape(options: NativeShapeOptions, onProgress: (fraction: number) => void): Promise<NativeShapeFiles>;
  devices(): NativeDevice[];
  /** Reads a file's header. */
  inspectModel(path: string): Promise<NativeModelSummary>;
  /** Identity of a model whatever it is called: over its header, its size and samples of its weights. */
  fingerprint(path: string): Promise<string>;
  placementCosts(model: string, contextLength: number, device: string): Promise<NativePlacementCosts>;
  /** Takes a second or so. @param threads 0: one per physical core */
  measureDevice(device: string, threads: number): Promise<NativeDeviceRates>;
  /** With 1, 2, 4 … threads up to the cores: a few seconds, alone on the machine. Null when cancelled. */
  measureProcessor(): Promise<NativeProcessorRates | null>;
  /** Ends a `measureProcessor` within a tenth of a second. */
  cancelMeasuring(): void;
  /** The most layers that llama.cpp can put on the device within `budgetBytes`, compute buffers included. */
  fitGpuLayers(
    model: string,
    contextLength: number,
    device: string,
    budgetBytes: number,
  ): Promise<{ layers: number; bytes: number }>;
}
