/** The engine without its transport: the model that answers, and the completions it is asked for. */
import type { ModelFigures } from '../protocol/figures.ts';
import type {
  AttendParams,
  CompleteParams,
  CompleteResult,
  FiringResult,
  Foretold,
  LoadModelParams,
  NeuronSettings,
  NeuronsResult,
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
import { IdleWork, longAfter, pause } from './completion/idle-work.ts';
import { neverBegun, nothingFrom } from './completion/never-begun.ts';
import { prepare } from './completion/prepare.ts';
import { measureRates } from './completion/rates.ts';
import { asEngineError, EngineError } from './errors.ts';
import { HeldModels } from './held-models.ts';
import type { Holding } from './holding.ts';
import { thisMachine } from './machine/measure-machine.ts';
import type { LoadedModel } from './model/load-model.ts';
import { modelFigures } from './model/model-figures.ts';
import { fromOneFile, hasLostItsFile } from './model/one-file.ts';
import { foretell } from './neurons/foretell.ts';
import { layerNeurons } from './neurons/layer-neurons.ts';
import { NeuronWatch } from './neurons/neuron-watch.ts';
import type { OnProgress, OpenTools } from './open-model.ts';
import type { OtherEngines } from './other-engines.ts';
import type { ProfileProgress } from './profile/profile-model.ts';
import { profileWorkspace } from './profile/profile-workspace.ts';
import { ServerFallback } from './server-fallback.ts';

export interface EngineTools extends OpenTools {
  readonly addon: NativeAddon;
  /** Told when another model answers than the one that was loaded. */
  readonly onModelChanged?: (model: ModelFigures) => void;
  /** Milliseconds, for when a server that failed is asked again; `performance.now` when left out. */
  readonly now?: () => number;
  /** The file that keeps what was measured of the machine; one in the user's cache folder when left out. */
  readonly machineFile?: string;
  /** Whom what is computed in the background gives way to, besides this engine's own completions; nobody when left out. */
  readonly others?: OtherEngines;
  /** Milliseconds in which nothing is asked for, before decoders are compared; some seconds when left out. */
  readonly quietMs?: number;
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
/**
 * Behind what was called off, another question follows sooner or nobody is there any more. What is being read then ends within a
 * twentieth of a second, so the processor rests 200 ms after the last key.
 */
const askedAgainMs = 100;
/** Who reads for so long is not in the middle of typing: loading another decoder takes longer than it does to give way. */
const quietMs = 5_000;

export class Engine {
  readonly #tools: EngineTools;
  readonly #queue = new CompletionQueue();
  readonly #idle: IdleWork;
  readonly #watch = new NeuronWatch();
  readonly #models: HeldModels;
  readonly #fallback: ServerFallback;
  /** Where the person is, as far as the engine was told. */
  #place: AttendParams | null = null;
  /** What the editor knows of other files; null: nothing yet. */
  #others: OtherFilesParams | null = null;
  #profiling: AbortController | null = null;
  #measuring: Promise<boolean> | null = null;

  constructor(tools: EngineTools) {
    const now = tools.now ?? performance.now.bind(performance);
    this.#tools = tools;
    this.#models = new HeldModels({
      ...tools,
      now,
      stop: () => this.#stop(),
      onAnswering: (holding) => {
        this.#answersWith(holding);
      },
    });
    this.#fallback = new ServerFallback(this.#models, { ...tools, now });
    this.#idle = new IdleWork((error) => {
      tools.log('warn', `while nothing was asked for: ${asEngineError(error).message}`);
    });
  }

  /**
   * Has a model answer from now on, at once where it is in memory; the one that did goes on if this fails.
   * @throws EngineError
   */
  async load(params: LoadModelParams, onProgress: OnProgress): Promise<ModelFigures> {
    const { model, insteadOfServer } = await this.#models.load(params, onProgress);
    return modelFigures(model, insteadOfServer);
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
    this.#fallback.look(holding);
    try {
      return await this.#completeWith(holding, { params, signal, onText, limits });
    } catch (thrown) {
      const error = asEngineError(thrown);
      if (error.kind !== 'server') throw error;
      // Who has typed on meanwhile does not wait until the local model is there.
      await orAborted(this.#fallback.fallBack(holding, error), signal);
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

  /** Nobody looks anywhere: nothing is read ahead until somebody attends or asks. */
  leave(): void {
    this.#place = null;
    this.#idle.cancel();
  }

  /** What the editor knows of other files now, in place of what it said before. */
  tell(others: OtherFilesParams): void {
    this.#others = others;
    this.#models.current?.neighbours.tell(others);
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
      const result = await profileWorkspace(params, { ...this.#tools, signal: either, onProgress });
      if (result !== null) this.#models.outdate(params.path);
      return result;
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

  /**
   * Which neurons the model has, and where they are.
   * @throws EngineError
   */
  async neurons(): Promise<NeuronsResult> {
    return await layerNeurons(this.#held().model, this.#tools.addon);
  }

  /**
   * What fired in the last completion that was watched; null: nothing yet.
   * @param watch whether the completions that follow are watched
   */
  firing(watch: boolean): FiringResult | null {
    return this.#watch.turn(watch, this.#models.current?.model ?? null);
  }

  /**
   * What the model would do with other settings; null behind a server.
   * @throws EngineError badInput for settings that can't be
   */
  async foretell(settings: NeuronSettings): Promise<Foretold | null> {
    const { model, params } = this.#held();
    return await foretell(settings, { ...this.#tools, model, params });
  }

  /** What each device computed since the last call; nothing unless the model was loaded with a trace. */
  async takeTrace(): Promise<NativeTraceEvent[]> {
    return (await this.#models.current?.model.native.takeTrace()) ?? [];
  }

  /** Ends what runs and frees all models. */
  async close(): Promise<void> {
    this.#profiling?.abort();
    this.#tools.addon.cancelMeasuring();
    this.#idle.end();
    await this.#models.close();
  }

  #held(): Holding {
    const { current } = this.#models;
    if (current === null) throw new EngineError('noModel', 'no model is loaded: load one first');
    return current;
  }

  async #completeWith(holding: Holding, { params, signal, onText, limits }: Asked): Promise<CompleteResult> {
    return await this.#alone(
      signal,
      (cancelled) =>
        fromOneFile(holding.model, () =>
          complete(params, {
            ...holding,
            ...this.#watch.over(holding.model),
            signal: cancelled,
            onText,
            limits,
          }),
        ),
      () => nothingFrom(holding.model),
    );
  }

  async #alone<Result>(
    signal: AbortSignal,
    work: (cancelled: AbortSignal) => Promise<Result>,
    whenCancelled: () => Result,
  ): Promise<Result> {
    this.#idle.cancel();
    if (this.#measuring !== null) this.#tools.addon.cancelMeasuring();
    const isLeft = longAfter(signal, askedAgainMs);
    const run = () => this.#queue.run(signal, work, whenCancelled);
    try {
      return await (this.#tools.others?.completing(run) ?? run());
    } finally {
      if (signal.aborted) this.#useIdleTimeUntil(isLeft);
      else this.#useIdleTime();
    }
  }

  async #measureAlone(): Promise<boolean> {
    if (this.#profiling !== null) return false;
    this.#idle.cancel();
    await Promise.all([this.#idle.settled(), this.#models.settled()]);
    while (!this.#queue.isIdle) await this.#queue.idle();
    const { addon, log, machineFile } = this.#tools;
    const kept = machineFile === undefined ? {} : { file: machineFile };
    const machine = await this.#inBackground(async (signal) => {
      signal.addEventListener('abort', () => {
        addon.cancelMeasuring();
      });
      return await thisMachine({ addon, log, ...kept });
    });
    return machine !== null;
  }

  /** Gives way to the completions of other engines. */
  async #inBackground<Result>(
    work: (signal: AbortSignal) => Promise<Result>,
    signal = new AbortController().signal,
  ): Promise<Result | null> {
    const { others } = this.#tools;
    return await (others === undefined ? work(signal) : others.whileQuiet(work, signal));
  }

  /** Where nobody asks or looks until then, nobody is there: nothing is read for them before the engine hears of them again. */
  #useIdleTimeUntil(isLeft: AbortSignal): void {
    if (!this.#queue.isIdle) return;
    const place = this.#place;
    const leaveIt = () => {
      if (this.#queue.isIdle && this.#place === place) this.leave();
    };
    if (isLeft.aborted) leaveIt();
    else isLeft.addEventListener('abort', leaveIt, { once: true });
    this.#useIdleTime();
  }

  #useIdleTime(): void {
    const holding = this.#models.current;
    if (holding === null || !this.#queue.isIdle || this.#measuring !== null) return;
    if (hasLostItsFile(holding.model)) return;
    this.#idle.begin(pauseMs, async (signal) => {
      await this.#inBackground((ended) => this.#prepare(holding, ended), signal);
      if (!holding.trial.isWantedFor(holding.model)) return;
      await pause(this.#tools.quietMs ?? quietMs, signal);
      if (signal.aborted || this.#profiling !== null) return;
      await this.#inBackground((ended) => this.#tryDecoders(holding, ended), signal);
    });
  }

  async #prepare({ model, prompts, neighbours, rates }: Holding, signal: AbortSignal): Promise<void> {
    const tools = { native: model.native, prompts, neighbours, rates, signal };
    if (rates.takeTrial()) await measureRates(tools);
    if (this.#place !== null && !signal.aborted) await prepare(this.#place, tools);
  }

  async #tryDecoders(holding: Holding, signal: AbortSignal): Promise<void> {
    const chosen = await holding.trial.run(holding.model, signal);
    if (chosen === null) return;
    // Not waited for: whoever holds another model waits until idle work has ended.
    void this.#models.inTurn(async () => {
      if (this.#models.current === holding) await this.#goOnWith(chosen, holding);
      else if (chosen.native !== holding.model.native) chosen.native.dispose();
    });
  }

  async #goOnWith(chosen: LoadedModel, before: Holding): Promise<void> {
    const { insteadOfServer } = before;
    await this.#models.exchange(before, { model: chosen, insteadOfServer });
    const { decoder, decoderReason } = chosen.description;
    this.#tools.log('info', `${chosen.path}: decoder ${decoder}: ${decoderReason}`);
    this.#tools.onModelChanged?.(modelFigures(chosen, insteadOfServer));
  }

  #answersWith({ neighbours }: Holding): void {
    if (this.#others !== null) neighbours.tell(this.#others);
    this.#useIdleTime();
  }

  /** Ends what is computed, with whichever model. */
  async #stop(): Promise<void> {
    this.#queue.cancel();
    this.#idle.cancel();
    await Promise.all([this.#queue.idle(), this.#idle.settled()]);
  }
}
