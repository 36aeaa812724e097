/** The engine without its transport: one loaded model and the completions it is asked for. */
import type { ModelFigures } from '../protocol/figures.ts';
import type {
  AttendParams,
  CompleteParams,
  CompleteResult,
  LoadModelParams,
  OtherFilesParams,
  ProfileParams,
  ProfileResult,
} from '../protocol/requests.ts';
import { orAborted } from '../scheduling/abort.ts';
import type { NativeAddon, NativeTraceEvent } from './addon.ts';
import { type CallersLimits, noLimits } from './completion/callers-limits.ts';
import { complete } from './completion/complete.ts';
import { CompletionQueue } from './completion/completion-queue.ts';
import { continueText, type ContinueParams, type ContinueResult } from './completion/continue-text.ts';
import { IdleWork } from './completion/idle-work.ts';
import { neverBegun, nothingFrom } from './completion/never-begun.ts';
import { prepare } from './completion/prepare.ts';
import { measureRates } from './completion/rates.ts';
import { asEngineError, EngineError } from './errors.ts';
import { holdingOf, type Holding } from './holding.ts';
import { thisMachine } from './machine/measure-machine.ts';
import { loadModel, type LoadedModel } from './model/load-model.ts';
import { modelFigures } from './model/model-figures.ts';
import { fromOneFile, hasLostItsFile } from './model/one-file.ts';
import type { WriteLog } from './native.ts';
import { connect } from './remote/connect.ts';
import type { Transport } from './remote/transport.ts';
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
  /** How requests get to a server; none can complete when left out. */
  readonly transport?: Transport;
  /** Told when another model answers than the one that was loaded. */
  readonly onModelChanged?: (model: ModelFigures) => void;
  /** Milliseconds, for when a server that failed is asked again; `performance.now` when left out. */
  readonly now?: () => number;
  /** The file that keeps what was measured of the machine; one in the user's cache folder when left out. */
  readonly machineFile?: string;
}

/** What a completion is asked for with. */
interface Asked {
  readonly params: CompleteParams;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
  readonly limits: CallersLimits;
}

/**
 * What is asked for right behind an answer goes first. The time until the next key is short, and most of it is needed to read
 * what answers are to come from; whoever attends somewhere has waited already whether the cursor only passes by.
 */
const pauseMs = 10;
const serverRetryMs = 30_000;

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
  #isLooking = false;
  #measuring: Promise<boolean> | null = null;

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
    const model = await this.#inTurn(() => this.#replace(params, onProgress));
    return modelFigures(model, this.#holding?.insteadOfServer ?? null);
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
    this.#lookForServer(holding);
    try {
      return await this.#completeWith(holding, { params, signal, onText, limits });
    } catch (thrown) {
      const error = asEngineError(thrown);
      if (error.kind !== 'server') throw error;
      // Who has typed on meanwhile does not wait until the local model is there.
      await orAborted(this.#fallBack(holding, error), signal);
      if (signal.aborted) return nothingFrom(holding.model);
      return await this.#completeWith(this.#held(), { params, signal, onText, limits });
    }
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

  /**
   * Measures what this machine does in a second, where that is not known: when nothing else computes, and gives way to a
   * completion.
   * @returns whether it is known now
   * @throws EngineError
   */
  async measureMachine(): Promise<boolean> {
    this.#measuring ??= this.#measureAlone().finally(() => {
      this.#measuring = null;
      this.#useIdleTime();
    });
    return await this.#measuring;
  }

  /** What each device computed since the last call; nothing unless the model was loaded with a trace. */
  async takeTrace(): Promise<NativeTraceEvent[]> {
    return (await this.#holding?.model.native.takeTrace()) ?? [];
  }

  /** Ends what runs and frees the model. */
  async close(): Promise<void> {
    this.#profiling?.abort();
    this.#tools.addon.cancelMeasuring();
    this.#idle.end();
    await Promise.all([this.#stop(), this.#loading]);
    this.#holding?.model.native.dispose();
    this.#holding = null;
  }

  #held(): Holding {
    if (this.#holding === null) throw new EngineError('noModel', 'no model is loaded: load one first');
    return this.#holding;
  }

  async #completeWith(holding: Holding, { params, signal, onText, limits }: Asked): Promise<CompleteResult> {
    return await this.#alone(
      signal,
      (cancelled) =>
        fromOneFile(holding.model, () => complete(params, { ...holding, signal: cancelled, onText, limits })),
      () => nothingFrom(holding.model),
    );
  }

  /**
   * The local model answers in place of a server that can't, until that can again.
   * @throws EngineError where there is no local model either
   */
  async #fallBack(from: Holding, reason: EngineError): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#holding !== from) return;
      this.#tools.log('warn', `this machine completes, because the server does not: ${reason.message}`);
      await this.#hold(from.params, await this.#loadLocal(from.params, () => undefined), reason.message);
      this.#tellModel();
    });
  }

  /** A server that failed is asked again now and then, while somebody wants completions. */
  #lookForServer({ insteadOfServer, since, params }: Holding): void {
    if (insteadOfServer === null || this.#now() - since < serverRetryMs || this.#isLooking) return;
    this.#isLooking = true;
    void this.#inTurn(async () => {
      const holding = this.#holding;
      if (holding?.params !== params) return;
      try {
        const model = await this.#connect(params);
        if (model === null) return;
        await this.#hold(params, model, null);
        this.#tools.log('info', `the server completes again: ${model.path}`);
        this.#tellModel();
      } catch (error) {
        this.#holding = { ...holding, since: this.#now() };
        this.#tools.log('debug', asEngineError(error).message);
      }
    }).finally(() => {
      this.#isLooking = false;
    });
  }

  #now(): number {
    return (this.#tools.now ?? performance.now.bind(performance))();
  }

  #tellModel(): void {
    const { model, insteadOfServer } = this.#held();
    this.#tools.onModelChanged?.(modelFigures(model, insteadOfServer));
  }

  /** Loads run one after the other. */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#loading.then(work);
    this.#loading = done.catch(() => undefined);
    return await done;
  }

  async #alone<Result>(
    signal: AbortSignal,
    work: (cancelled: AbortSignal) => Promise<Result>,
    whenCancelled: () => Result,
  ): Promise<Result> {
    this.#idle.cancel();
    if (this.#measuring !== null) this.#tools.addon.cancelMeasuring();
    try {
      return await this.#queue.run(signal, work, whenCancelled);
    } finally {
      this.#useIdleTime();
    }
  }

  async #measureAlone(): Promise<boolean> {
    if (this.#profiling !== null) return false;
    this.#idle.cancel();
    await Promise.all([this.#idle.settled(), this.#loading]);
    while (!this.#queue.isIdle) await this.#queue.idle();
    const { addon, log, machineFile } = this.#tools;
    const kept = machineFile === undefined ? {} : { file: machineFile };
    return (await thisMachine({ addon, log, ...kept })) !== null;
  }

  #useIdleTime(): void {
    const holding = this.#holding;
    if (holding === null || !this.#queue.isIdle || this.#measuring !== null) return;
    if (hasLostItsFile(holding.model)) return;
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
    const { model, insteadOfServer } = await this.#open(params, onProgress);
    await this.#hold(params, model, insteadOfServer);
    return model;
  }

  async #open(
    params: LoadModelParams,
    onProgress: OnProgress,
  ): Promise<Pick<Holding, 'model' | 'insteadOfServer'>> {
    try {
      const server = await this.#connect(params);
      if (server !== null) return { model: server, insteadOfServer: null };
      return { model: await this.#loadLocal(params, onProgress), insteadOfServer: null };
    } catch (thrown) {
      const error = asEngineError(thrown);
      if (error.kind !== 'server') throw error;
      this.#tools.log('warn', `this machine completes, because the server does not: ${error.message}`);
      return { model: await this.#loadLocal(params, onProgress), insteadOfServer: error.message };
    }
  }

  /** @returns null where no server is to complete */
  async #connect({ server }: LoadModelParams): Promise<LoadedModel | null> {
    const { transport } = this.#tools;
    if (server === undefined || transport === undefined) return null;
    return await connect(server, transport, new AbortController().signal);
  }

  async #loadLocal(params: LoadModelParams, onProgress: OnProgress): Promise<LoadedModel> {
    return await loadModel(params, { ...this.#tools, onProgress });
  }

  async #hold(params: LoadModelParams, model: LoadedModel, insteadOfServer: string | null): Promise<void> {
    const before = this.#holding;
    this.#holding = holdingOf(model, { params, insteadOfServer, since: this.#now() }, this.#tools.log);
    if (this.#others !== null) this.#holding.neighbours.tell(this.#others);
    await this.#stop();
    before?.model.native.dispose();
    this.#useIdleTime();
  }

  /** Ends what is computed, with whichever model. */
  async #stop(): Promise<void> {
    this.#queue.cancel();
    this.#idle.cancel();
    await Promise.all([this.#queue.idle(), this.#idle.settled()]);
  }
}
