/**
 * The contract between the extension host (or the CLI) and the engine process: JSON-RPC 2.0 by `vscode-jsonrpc`.
 * Positions never cross it: the caller cuts the document into prefix and suffix.
 */
import { NotificationType, NotificationType0, RequestType, RequestType0 } from 'vscode-jsonrpc';
import type {
  CacheType,
  CompletionFigures,
  LocalDecoderName,
  Mode,
  ModelFigures,
  PredictorName,
  Selection,
  Threshold,
  TrimRule,
} from './figures.ts';

/** Raised with every rejected request; `message` is one line that says what to do. */
export const ErrorCode = {
  /** A path, option or parameter is wrong: the caller can mend it. */
  badInput: 1001,
  /** The file is no model that the engine can run. */
  badModel: 1002,
  /** The model does not fit the memory that is free. */
  outOfMemory: 1003,
  /** `complete` before any model was loaded. */
  noModel: 1004,
  /** The engine itself failed; the log has the details. */
  internal: 1005,
  /** The model's file was written to or replaced since it was loaded: load it again, in a new process. */
  modelReplaced: 1006,
  /** The server that is to complete can't be reached, refuses or says what nobody understands. */
  server: 1007,
} as const;

export interface LoadModelParams {
  /** null: the embedded model. */
  path: string | null;
  /** `auto`: hybrid where the architecture and activation allow, else llama.cpp. */
  decoder: LocalDecoderName | 'auto';
  /** `auto`: exact for ReLU-family models, dense otherwise. */
  mode: Mode | 'auto';
  /** θ: neurons with an activation frequency of at least this are hot. */
  hotThreshold: number;
  /** Of predicted mode. `auto`, as when left out: learned if the model has such predictors, else sign. */
  predictor?: PredictorName | 'auto';
  /** Thresholded mode: share of the cold neurons to leave out on average, between 0 and 1; 0.5 when left out. */
  coldSparsity?: number;
  /** Thresholded mode: what is held against τ; `gate` when left out. */
  selection?: Selection;
  /** Thresholded mode, in place of `coldSparsity`. */
  threshold?: Threshold;
  /** Tokens drafted with neurons left out for each pass that verifies them densely: what is said is what dense mode says. */
  verify?: number;
  /** Tokens whose keys and values a dense pass computes anew once there are so many; 0, as when left out: never. */
  correct?: number;
  /** Tokens; capped by what the model was trained for. */
  contextLength: number;
  /** Of keys and values; `f16` when left out. `q8_0` counts where the hybrid decoder keeps them in main memory and heads have a length for it. */
  cacheType?: CacheType;
  /** 0: as many as pay off for a model of this size, at most the physical cores that a container may use. */
  threads: number;
  /**
   * What the model may take of a GPU's memory, as people write it: `6GiB`, `11 GB`, `0` for nothing, or `auto`, as when
   * left out: what is free there, less a margin for the desktop, and as far as it saves time.
   */
  gpuBudget?: string;
  /** A GPU by ggml's name or its maker's; the first with memory of its own when left out. */
  device?: string;
  /** Keeps when each device computed what; false when left out. */
  trace?: boolean;
  /** Models that do not answer now leave memory after so many minutes; 0, as when left out: they stay while there is room. */
  idleMinutes?: number;
  /** Completes in the model's place, which is loaded where the server can't. Left out: none. */
  server?: ServerParams;
}

/** An engine behind HTTP. The host sends what is asked of it, and alone knows the key. */
export interface ServerParams {
  /** With its scheme; nothing of it is secret. */
  url: string;
  /** `auto`: llama.cpp's server where it answers as one, else OpenAI's `/v1/completions`. */
  kind: 'auto' | 'llama.cpp' | 'openai';
  /** Of those that the server has; empty: its first. */
  model: string;
}

export interface CompleteParams {
  /** Text before and after the cursor, as much as the caller likes: the engine cuts it to its prompt budget. */
  prefix: string;
  suffix: string;
  /**
   * Of the file, relative to the workspace, for models that were trained to see it; null or left out: unknown. Backslashes
   * are taken for separators too.
   */
  path?: string | null;
  /**
   * Of the workspace that `path` is relative to, absolute, on this machine: its files may be read, for what the document
   * imports. Left out: none may.
   */
  folder?: string;
  /**
   * Stretches of other files that the caller wants told of, the one wanted most last, where it names no folder. Left out:
   * nothing.
   */
  told?: readonly ToldText[];
  /**
   * Which document this is, the same string for as long as it is open: requests of one document share what the engine has
   * computed of it. Left out: a document of its own.
   */
  document?: string;
  /** VS Code's language identifier; left out: judged by the path. */
  languageId?: string;
  /** Whether prefix and suffix reach to the document's start and end; left out: unknown. */
  isPrefixWhole?: boolean;
  isSuffixWhole?: boolean;
  maxTokens: number;
  /** Stop after this many lines, the one that a leading line feed ends not counted; 0: no limit. */
  maxLines: number;
  /** Stop this long after the first token; 0: no limit. */
  maxMilliseconds: number;
  /** 0: greedy. */
  temperature: number;
  /** Only read when temperature > 0. */
  seed: number;
  /** When set, `PartialText` notifications that carry this id stream the text as it is generated. */
  streamId?: string;
}

/** A stretch of another file. */
export interface ToldText {
  path: string;
  text: string;
}

export interface CompleteResult extends CompletionFigures {
  /** What to insert at the cursor, trimmed against the suffix; line ends are \n. Empty: nothing worth showing. */
  text: string;
  /** How many UTF-16 units right of the cursor, all on its line, the text says again: replace them. */
  overlap: number;
  /** Why the text is empty; only of one that is. */
  emptiedBy?: TrimRule;
  /** From a part of the text alone, because nobody wanted to wait for the whole: the next answer may know more. False when left out. */
  isProvisional?: boolean;
  /** What the confidence is computed from; null for an empty text. */
  evidence: ConfidenceEvidence | null;
}

/**
 * Natural logarithms of the probabilities, under the model itself, of the tokens that make the text's first line and of the
 * one that says that it ends there, where that was generated: the end, a line feed, or what was trimmed away.
 */
export interface ConfidenceEvidence {
  sumLogP: number;
  minLogP: number;
  tokens: number;
}

/** The place that a person looks at or works at: what a completion there would need is computed while nothing else is. */
export type AttendParams = Pick<
  CompleteParams,
  | 'prefix'
  | 'suffix'
  | 'path'
  | 'folder'
  | 'told'
  | 'document'
  | 'languageId'
  | 'isPrefixWhole'
  | 'isSuffixWhole'
>;

/**
 * What the editor knows of the files beside the document that the person is in. Paths are relative to `folder`, with `/`. The
 * engine tells its model of them only what it may read there itself.
 */
export interface OtherFilesParams {
  /** Of the workspace, absolute, on this machine. */
  folder: string;
  /** Which document the person is in; as `CompleteParams.document`. */
  document: string;
  /** Other documents whose text is not saved yet: it counts in place of what lies on the disk. */
  unsaved: UnsavedFile[];
  /** Other files that the person has open or changed lately, in the order of their names. */
  open: string[];
  /** Where the editor's language support found what the document imports. */
  found: FoundFile[];
}

export interface UnsavedFile {
  path: string;
  text: string;
}

export interface FoundFile {
  path: string;
  /** What the document takes from there; null: all that it declares. */
  names: string[] | null;
  /** As the editor's language support tells them, without bodies; left out: as the engine's grammars do. */
  declarations?: FoundDeclaration[];
}

export interface FoundDeclaration {
  name: string;
  text: string;
}

export interface ProfileParams {
  /** null: the embedded model. */
  path: string | null;
  /** Files and folders to run the model over. */
  corpus: string[];
  /** Enough is counted after so many tokens, or after so long. */
  tokens: number;
  minutes: number;
}

/** Shares are between 0 and 1. */
export interface ProfileResult {
  /** SVG of the skew. */
  plot: string;
  /** For people. */
  corpus: string;
  tokens: number;
  /** Mean share of neurons that were active. */
  activity: number;
  /** Smallest share of neurons that carries `carriedShare` of the activations. */
  carriers: number;
  carriedShare: number;
}

export interface ProfileProgressParams {
  step: 'loading' | 'calibrating' | 'counting';
  /** Between 0 and 1. */
  fraction: number;
  tokens: number;
  /** null before there is anything to tell. */
  tokensPerSecond: number | null;
  secondsLeft: number | null;
}

/** A layer's neurons are in the order of the profile's frequencies, the highest first; without one in the model's own. */
export interface LayerNeurons {
  /** How many, from the front, are computed for every token. */
  hot: number;
  /** How many, from the front, lie on the GPU; those and the hot ones overlap. */
  gpu: number;
  /** Base64 of a byte for each neuron: its activation frequency, of 255. null: without a profile. */
  frequencies: string | null;
}

export interface NeuronsResult {
  neuronsPerLayer: number;
  /** Empty where nobody knows: behind a server. */
  layers: LayerNeurons[];
}

/** Which neurons fired in the last completion. */
export interface FiringResult {
  /** That were computed alone, for only of those it is seen. */
  tokens: number;
  /** Base64 of a byte for each neuron, layer by layer in the order of {@link LayerNeurons}: of how large a share of the tokens it fired, of 255. */
  shares: string;
}

export interface FiringParams {
  /** Whether the completions that follow are watched, which takes a little of their time. */
  watch: boolean;
}

/** Settings that move neurons between hot and cold, or between devices. */
export interface NeuronSettings {
  /** θ, between 0 and 1. */
  hotThreshold: number;
  /** What τ follows from: the share of the cold neurons to leave out in thresholded mode, between 0 and 1. */
  coldSparsity: number;
  /** As `LoadModelParams.gpuBudget`. */
  gpuBudget: string;
}

/** What a model that is loaded would do under other settings. */
export interface Foretold {
  /** Shares of the neurons, between 0 and 1. */
  hot: number;
  gpu: number;
  /** Weights, keys and values. */
  mainMemoryBytes: number;
  gpuBytes: number;
  /** Of weights, keys and values that a token reads. */
  bytesPerToken: number;
  /** Without drafts; null where nothing was measured to tell it by. */
  tokensPerSecond: number | null;
  /** The GPU that takes part; null: none. */
  device: string | null;
}

export interface LoadProgressParams {
  /** Between 0 and 1. */
  fraction: number;
}

export interface PartialTextParams {
  streamId: string;
  /** Newly generated text, not trimmed yet; never cuts a UTF-8 character. */
  text: string;
}

/** A request that the host is to send to the server that completes. */
export interface SendParams {
  /** Below the server's URL. */
  path: string;
  /** JSON to post; null: the path is read. */
  body: string | null;
  /** `ServerText` notifications that carry this id bring the answer. */
  streamId: string;
}

export interface SendResult {
  /** Of HTTP. */
  status: number;
}

export interface LogParams {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  message: string;
}

/** Has a model answer from now on, at once where it is in memory already; the one that did goes on if this fails. */
export const LoadModel = new RequestType<LoadModelParams, ModelFigures, void>('hotset/loadModel');
/** A second request supersedes the first, which then resolves with stop reason `cancelled`. */
export const Complete = new RequestType<CompleteParams, CompleteResult, void>('hotset/complete');
/**
 * Profiles a model beside the one that completes, for the next load of that model; null when it was cancelled, and the
 * profile is then as before. One at a time.
 */
export const Profile = new RequestType<ProfileParams, ProfileResult | null, void>('hotset/profile');
/**
 * From the engine to the host; answered once all of the server's answer was sent. Rejected with one line where there is no
 * answer.
 */
export const SendToServer = new RequestType<SendParams, SendResult, void>('hotset/sendToServer');
/**
 * Measures what this machine does in a second, unless it was measured lately, while no completion runs: a few seconds. The
 * user's cache folder has it then. False when completions left no time for it.
 */
export const MeasureMachine = new RequestType0<boolean, void>('hotset/measureMachine');
/** Which neurons the loaded model has, and where they are. */
export const Neurons = new RequestType0<NeuronsResult, void>('hotset/neurons');
/** null where nothing was seen since watching began. */
export const Firing = new RequestType<FiringParams, FiringResult | null, void>('hotset/firing');
/** What the loaded model would do with these settings; null behind a server. Nothing is changed. */
export const Foretell = new RequestType<NeuronSettings, Foretold | null, void>('hotset/foretell');
/** Frees model and cache and ends the process. */
export const Shutdown = new RequestType0<null, void>('hotset/shutdown');

/** Sent whenever it changes; the newest one counts. */
export const Attend = new NotificationType<AttendParams>('hotset/attend');
/** Nobody looks at a place where completions are given: nothing is read ahead until somebody does or asks. */
export const Leave = new NotificationType0('hotset/leave');

/** Sent before the `Attend` or while nothing is typed, whenever it changes; the newest one counts. */
export const OtherFiles = new NotificationType<OtherFilesParams>('hotset/otherFiles');

export const LoadProgress = new NotificationType<LoadProgressParams>('hotset/loadProgress');
export const ProfileProgress = new NotificationType<ProfileProgressParams>('hotset/profileProgress');
export const PartialText = new NotificationType<PartialTextParams>('hotset/partialText');
/** After every completion that was not cancelled before its first token. */
export const Statistics = new NotificationType<CompletionFigures>('hotset/statistics');
/** From the host to the engine: a piece of a server's answer, as it comes. */
export const ServerText = new NotificationType<PartialTextParams>('hotset/serverText');
/** Another model answers from now on than the one that was loaded: the server's, or the local one in its place. */
export const ModelChanged = new NotificationType<ModelFigures>('hotset/modelChanged');
export const Log = new NotificationType<LogParams>('hotset/log');
