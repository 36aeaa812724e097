/** The engine without its transport: one loaded model and the completions it is asked for. */
import { noDrafts, type CompletionFigures, type ModelFigures } from '../protocol/figures.ts';
import type {
  AttendParams,
  CompleteParams,
  CompleteResult,
  LoadModelParams,
  OtherFilesParams,
  ProfileParams,
  ProfileResult,
} from '../protocol/requests.ts';
import type { NativeAddon, NativeTraceEvent } from './addon.ts';
import { type CallersLimits, noLimits } from './completion/callers-limits.ts';
import { complete } from './completion/complete.ts';
import { CompletionQueue } from './completion/completion-queue.ts';
import { continueText, type ContinueParams, type ContinueResult } from './completion/continue-text.ts';
import { IdleWork } from './completion/idle-work.ts';
import { prepare } from './completion/prepare.ts';
import { DocumentPrompts } from './completion/prompt/document-prompts.ts';
import { tokenCounter } from './completion/prompt/token-counter.ts';
import { measureRates, Rates } from './completion/rates.ts';
import { Neighbours } from './context/neighbours.ts';
import { asEngineError, EngineError } from './errors.ts';
import { isReplaced } from './model/file-version.ts';
import { loadModel, type LoadedModel } from './model/load-model.ts';
import { modelFigures, neuronSplit } from './model/model-figures.ts';
import type { WriteLog } from './native.ts';
import type { ProfileProgress } from './profile/profile-model.ts';
import { profileWorkspace } from './profile/profile-workspace.ts';

/** @param fraction between 0 and 1 */
type OnProgress = (fraction: number) => void;

export interface EngineTools {
  readonly addon: NativeAddon;
  /** Folder of the installation. */
  readonly root: string;
  readonly log: WriteLog;
  /** Folder of the person's own profiles; none when left out. */
  readonly storage?: string;
  /** The file that keeps measured device rates; one in the user's cache folder when left out. */
  readonly ratesCache?: string;
}

interface Holding {
  readonly model: LoadedModel;
  readonly params: LoadModelParams;
  readonly prompts: DocumentPrompts;
  readonly neighbours: Neighbours;
  readonly rates: Rates;
}

/**
 * What is asked for right behind an answer goes first. The time until the next key is short, and most of it is needed to read
 * what answers are to come from; whoever attends somewhere has waited already whether the cursor only passes by.
 */
const pauseMs = 10;

export class Engine {
  readonly #tools: EngineTools;
  readonly #queue = new CompletionQueue();
  readonly #idle: IdleWork;
  #holding: Holding | null = null;
  /** Where the person is, as far as the engine was told. */
  #place: AttendParams | null = null;
  /** What the editor knows of other files; null: nothing yet. */
  #others: OtherFilesParams | null = null;
  #loading: Promise<unknown> = Promise.resolve();
  #profiling: AbortController | null = null;

  constructor(tools: EngineTools) {
    this.#tools = tools;
    this.#idle = new IdleWork((error) => {
      tools.log('warn', `while nothing was asked for: ${asEngineError(error).message}`);
    });
  }

  /**
   * Loads a model in place of the one held, which stays if this fails. Loads run one after the other.
   * @throws EngineError
   */
  async load(params: LoadModelParams, onProgress: OnProgress): Promise<ModelFigures> {
    const loaded = this.#loading.then(() => this.#replace(params, onProgress));
    this.#loading = loaded.catch(() => undefined);
    return modelFigures(await loaded);
  }

  /**
   * @param signal ends the computation inside the addon
   * @param onText newly generated text, not trimmed yet
   * @throws EngineError
   */
  async complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText: (text: string) => void = () => undefined,
    limits: CallersLimits = noLimits,
  ): Promise<CompleteResult> {
    const holding = this.#held();
    this.#place = params;
    return await this.#alone<CompleteResult>(
      signal,
      (cancelled) =>
        fromOneFile(holding.model, () => complete(params, { ...holding, signal: cancelled, onText, limits })),
      () => ({ ...neverBegun(holding.model), text: '', overlap: 0, evidence: null }),
    );
  }

  /**
   * Continues a text as it stands.
   * @param signal ends the computation inside the addon
   * @param onText newly generated text, which may go beyond what the limits want
   * @throws EngineError
   */
  async continueText(
    params: ContinueParams,
    signal: AbortSignal,
    onText: (text: string) => void,
    limits: CallersLimits = noLimits,
  ): Promise<ContinueResult> {
    const holding = this.#held();
    return await this.#alone(
      signal,
      (cancelled) =>
        fromOneFile(holding.model, () =>
          continueText(params, { ...holding, signal: cancelled, onText, limits }),
        ),
      () => ({ ...neverBegun(holding.model), text: '' }),
    );
  }

  /** A place where a completion may be asked for next: what that needs is computed while nothing is asked for. */
  attend(place: AttendParams): void {
    this.#place = place;
    this.#useIdleTime();
  }

  /** What the editor knows of other files now, in place of what it said before. */
  tell(others: OtherFilesParams): void {
    this.#others = others;
    this.#holding?.neighbours.tell(others);
    this.#useIdleTime();
  }

  /**
   * Profiles a model in its own decoder, so that completions go on meanwhile; they are slower.
   * @returns null when the signal ended it
   * @throws EngineError
   */
  async profile(
    params: ProfileParams,
    signal: AbortSignal,
    onProgress: (progress: ProfileProgress) => void,
  ): Promise<ProfileResult | null> {
    if (this.#profiling !== null) {
      throw new EngineError('badInput', 'a profile is being made already: wait for it, or cancel it');
    }
    const mine = new AbortController();
    this.#profiling = mine;
    try {
      const either = AbortSignal.any([signal, mine.signal]);
      return await profileWorkspace(params, { ...this.#tools, signal: either, onProgress });
    } finally {
      this.#profiling = null;
    }
  }

  /** What each device computed since the last call; nothing unless the model was loaded with a trace. */
  async takeTrace(): Promise<NativeTraceEvent[]> {
    return (await this.#holding?.model.native.takeTrace()) ?? [];
  }

  /** Ends what runs and frees the model. */
  async close(): Promise<void> {
    this.#profiling?.abort();
    this.#idle.end();
    await Promise.all([this.#stop(), this.#loading]);
    this.#holding?.model.native.dispose();
    this.#holding = null;
  }

  #held(): Holding {
    if (this.#holding === null) throw new EngineError('noModel', 'no model is loaded: load one first');
    return this.#holding;
  }

  async #alone<Result>(
    signal: AbortSignal,
    work: (cancelled: AbortSignal) => Promise<Result>,
    whenCancelled: () => Result,
  ): Promise<Result> {
    this.#idle.cancel();
    try {
      return await this.#queue.run(signal, work, whenCancelled);
    } finally {
      this.#useIdleTime();
    }
  }

  #useIdleTime(): void {
    const holding = this.#holding;
    if (holding === null || !this.#queue.isIdle || hasLostItsFile(holding.model)) return;
    this.#idle.begin(pauseMs, (signal) => this.#prepare(holding, signal));
  }

  async #prepare({ model, prompts, neighbours, rates }: Holding, signal: AbortSignal): Promise<void> {
    const tools = { native: model.native, prompts, neighbours, rates, signal };
    if (!rates.areMeasured) await measureRates(tools);
    if (this.#place !== null && !signal.aborted) await prepare(this.#place, tools);
  }

  async #replace(params: LoadModelParams, onProgress: OnProgress): Promise<LoadedModel> {
    try {
      return await this.#loadAndHold(params, onProgress);
    } catch (error) {
      const { kind } = asEngineError(error);
      if (kind !== 'outOfMemory' || this.#holding === null) throw error;
      return await this.#replaceInTurn(this.#holding, params, onProgress);
    }
  }

  /** Where both models don't fit side by side: frees the one held first, and loads it again if the other fails. */
  async #replaceInTurn(
    before: Holding,
    params: LoadModelParams,
    onProgress: OnProgress,
  ): Promise<LoadedModel> {
    this.#holding = null;
    await this.#stop();
    before.model.native.dispose();
    try {
      return await this.#loadAndHold(params, onProgress);
    } catch (error) {
      await this.#loadAndHold(before.params, () => undefined);
      throw error;
    }
  }

  async #loadAndHold(params: LoadModelParams, onProgress: OnProgress): Promise<LoadedModel> {
    const model = await loadModel(params, { ...this.#tools, onProgress });
    const before = this.#holding;
    this.#holding = {
      model,
      params,
      ...promptsOf(model, this.#tools.log),
      rates: new Rates(model.description),
    };
    if (this.#others !== null) this.#holding.neighbours.tell(this.#others);
    await this.#stop();
    before?.model.native.dispose();
    this.#useIdleTime();
    return model;
  }

  /** Ends what is computed, with whichever model. */
  async #stop(): Promise<void> {
    this.#queue.cancel();
    this.#idle.cancel();
    await Promise.all([this.#queue.idle(), this.#idle.settled()]);
  }
}

/**
 * Pages of a mapped file that were not read yet are read when they are needed: an answer is one model's only where the
 * file was the same all the while.
 */
async function fromOneFile<Result>(model: LoadedModel, work: () => Promise<Result>): Promise<Result> {
  requireItsFile(model);
  const result = await work();
  requireItsFile(model);
  return result;
}

function requireItsFile(model: LoadedModel): void {
  if (!hasLostItsFile(model)) return;
  throw new EngineError('modelReplaced', `${model.path} was changed since it was loaded: load it again`);
}

function hasLostItsFile({ file }: LoadedModel): boolean {
  return file !== null && isReplaced(file);
}

function promptsOf(
  { native, description }: LoadedModel,
  log: WriteLog,
): Pick<Holding, 'prompts' | 'neighbours'> {
  const count = tokenCounter((text) => native.tokenize(text, false));
  return {
    prompts: new DocumentPrompts({ native, description, count }),
    neighbours: new Neighbours(native, count, log),
  };
}

function neverBegun({ description }: LoadedModel): CompletionFigures {
  return {
    tokens: 0,
    promptTokens: 0,
    cachedTokens: 0,
    timeToFirstTokenMs: 0,
    totalMs: 0,
    tokensPerSecond: null,
    passes: 0,
    drafts: noDrafts(),
    decoder: description.decoder,
    device: description.device,
    neuronSplit: neuronSplit(description, null),
    confidence: null,
    stopReason: 'cancelled',
  };
}
