/**
 * The figures of one completion and of one loaded model. The same names are used by the protocol, the status bar and
 * the JSON that the CLI prints.
 */

/** Shares are between 0 and 1. `hot + cold = 1` and `gpu + cpu = 1`, over all neurons of all layers. */
export interface NeuronSplit {
  /** Share of neurons that are always computed, densely. */
  hot: number;
  /** Share of neurons computed only when they fire. */
  cold: number;
  /** Share of neurons whose weights lie on a GPU. */
  gpu: number;
  /** Share of neurons whose weights lie in main memory. */
  cpu: number;
  /**
   * Share of the CPU's neurons whose activation was non-zero, mean over layers and decoded tokens of the last completion; null
   * where the decoder does not look (llama.cpp, dense SiLU models).
   */
  activity: number | null;
  /**
   * Share of the activation mass of truly active cold neurons that was kept in the last completion, sampled; null where
   * nothing is left out.
   */
  recall: number | null;
}

/** `server`: another engine, behind HTTP. */
export type DecoderName = 'llama.cpp' | 'hybrid' | 'server';

/** Of keys and values in the KV cache, by ggml's names. */
export type CacheType = 'f16' | 'q8_0';

export type LocalDecoderName = Exclude<DecoderName, 'server'>;

/** Cold path modes; `dense` computes every neuron. */
export type Mode = 'dense' | 'exact' | 'predicted' | 'thresholded';

/**
 * What thresholded mode holds against τ: `gate`, |silu(gate)|; `weighted`, the same times the mass that the neuron has for it
 * on average; `product`, the mass |silu(gate) · up| · ‖down‖ itself, for which every up is computed.
 */
export const selections = ['gate', 'weighted', 'product'] as const;
export type Selection = (typeof selections)[number];

/**
 * What each layer's τ follows from. The profile: `share` of the neurons to leave out on average, `mass` to keep on average,
 * both between 0 and 1, or the `value` of τ itself. Each token alone, by product: the `top` ones, leaving out a share, or those
 * that have the `token-mass`. What was decoded: `dynamic-mass`, held by a controller, in predicted mode too; `entropy`, a share,
 * more of it the surer the model was of its last token.
 */
export const thresholdKinds = [
  'share',
  'mass',
  'value',
  'top',
  'token-mass',
  'dynamic-mass',
  'entropy',
] as const;
export interface Threshold {
  readonly by: (typeof thresholdKinds)[number];
  readonly at: number;
}

/** How cold neurons are predicted: by trained matrices, or from the sign bits of gate. */
export type PredictorName = 'learned' | 'sign';

/** Why a completion ended. `trimmed`: everything that could follow would have been cut away. */
export type StopReason =
  'endOfText' | 'maxTokens' | 'maxLines' | 'maxTime' | 'contextFull' | 'trimmed' | 'cancelled';

/**
 * What left nothing of a generated text. `saidNothing`: the model wrote nothing but white space; `noCode`: control tokens, fences
 * or sentences; `insideLine`: it belonged below a line that goes on; `block`: it would have ended the block; `followingLines`: it
 * says what stands below; `knownDefinition`: it defines again what the file defines; `repetition`: it runs in circles; `comment`
 * and `closer`: it ends a comment or bracket that is not open; `header`: a header whose body was cut off; `scribble`: a comment
 * that says nothing; `standsThere`: it says what stands right of the cursor.
 */
export type TrimRule =
  | 'saidNothing'
  | 'noCode'
  | 'insideLine'
  | 'block'
  | 'followingLines'
  | 'knownDefinition'
  | 'repetition'
  | 'comment'
  | 'closer'
  | 'header'
  | 'scribble'
  | 'standsThere';

/** Tokens that were drafted, and those of them that the model itself chose. */
export interface DraftCount {
  drafted: number;
  accepted: number;
}

/**
 * What was drafted from. `held`: typed bytes that the completion had to begin with; `said`: what followed the same tokens in
 * what the model said lately; `prompt`: what followed them in the prompt, or in what was generated behind it; `sparse`: the model
 * itself with neurons left out.
 */
export type DraftSource = 'held' | 'said' | 'prompt' | 'sparse';
export type Drafts = Record<DraftSource, DraftCount>;

export function noDrafts(): Drafts {
  const none = () => ({ drafted: 0, accepted: 0 });
  return { held: none(), said: none(), prompt: none(), sparse: none() };
}

/** What one completion cost and how it ran. Times are milliseconds of wall clock. */
export interface CompletionFigures {
  /** Number of tokens generated. */
  tokens: number;
  promptTokens: number;
  /** How many of the prompt's tokens were still in the KV cache. */
  cachedTokens: number;
  /** From the start of the request in the engine (tokenisation included) to the first token. */
  timeToFirstTokenMs: number;
  totalMs: number;
  /** Decoding alone, prefill left out; null when fewer than two tokens were generated. */
  tokensPerSecond: number | null;
  /** In each of which the model computed one token, or verified several drafted ones. */
  passes: number;
  drafts: Drafts;
  decoder: DecoderName;
  /** The GPU that took part; null: none, or it was lost. */
  device: string | null;
  neuronSplit: NeuronSplit;
  /**
   * Probability that the text's first line is right, between 0 and 1, as the model sees it; null for an empty text. Lines
   * behind it are not judged: a block is hardly ever right to its end, and worth showing for its beginning.
   */
  confidence: number | null;
  stopReason: StopReason;
  /**
   * Of weights, keys and values that decoding a token read, mean; null where nobody knows: behind a server, or before the first
   * token.
   */
  bytesPerToken: number | null;
}

/** What the engine knows of the model it holds. */
export interface ModelFigures {
  path: string;
  name: string;
  architecture: string;
  hiddenActivation: 'silu' | 'relu' | 'drelu' | 'gelu' | 'other';
  /** For example `Q4_0`, `F16`: the type that holds most of the bytes. */
  quantisation: string;
  parameters: number;
  sizeBytes: number;
  layers: number;
  /** Neurons per layer, n_ff. */
  neuronsPerLayer: number;
  contextLength: number;
  decoder: DecoderName;
  /** Why it is this decoder, a line for people. */
  decoderReason: string;
  mode: Mode;
  /** SIMD kernel the cold path uses; null for llama.cpp. */
  kernel: string | null;
  /** Whether the model can fill in the middle, and in which order its prompt is written. */
  fimOrder: 'spm' | 'psm' | null;
  /** Whether its prompts tell of other files: it was trained on whole repositories. */
  readsOtherFiles: boolean;
  /** What is wrong with the file though it can be used: a line for people each, which goes on from its name. */
  warnings: readonly string[];
  /** The server that completes, by its URL; null: this machine does. */
  server: string | null;
  /** Why a server that is to complete does not, and this model does: one line. null: none is to, or it does. */
  insteadOfServer: string | null;
  /** Whether it was measured how often its suggestions are right where it gives them some confidence. */
  isCalibrated: boolean;
  /** Corpus named by the profile beside the model; null when there is no profile. */
  profileCorpus: string | null;
  /** How cold neurons are predicted; null where they are not. */
  predictor: PredictorName | null;
  /** The GPU's name; null: everything lies in main memory. */
  device: string | null;
  /** Allocated on the GPU. */
  gpuBytes: number;
  attentionLayersOnGpu: number;
  headOnGpu: boolean;
  neuronSplit: NeuronSplit;
}
