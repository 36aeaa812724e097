/**
 * Keeps an engine running for whoever asks for completions: starts it at the first request, starts it again when it
 * dies, ends it when it hangs, and tells listeners what it is doing. Knows nothing of VS Code. Everything here says what
 * is wanted; {@link EngineLoop} sees to it.
 */
import type { CompletionFigures, ModelFigures } from '../../protocol/figures.ts';
import type {
  AttendParams,
  CompleteParams,
  CompleteResult,
  FiringResult,
  Foretold,
  LoadModelParams,
  LogParams,
  NeuronSettings,
  NeuronsResult,
  OtherFilesParams,
  ProfileParams,
  ProfileProgressParams,
  ProfileResult,
} from '../../protocol/requests.ts';
import { orAborted } from '../../scheduling/abort.ts';
import { type Clock, systemClock, type Timer } from '../../scheduling/clock.ts';
import { requestCompletion } from './completion-request.ts';
import { EngineLoop } from './engine-loop.ts';
import type { EngineProcessEvents } from './engine-process.ts';
import type { EngineState } from './engine-state.ts';
import { isSame } from './reconcile.ts';
import type { Engine, Loaded } from './running.ts';

export interface SupervisorOptions {
  /** Starts an engine process. */
  readonly spawn: (events: EngineProcessEvents) => Engine;
  /**
   * Which model is for a place, null for none in particular. Read when something asks for another document than before, and whenever
   * settings change.
   */
  readonly loadParams: (place: AttendParams | null) => LoadModelParams;
  /** An engine that nobody asked anything for so many milliseconds rests; 0, as when left out: none does. */
  readonly idleMs?: () => number;
  readonly log: (line: LogParams) => void;
  readonly clock?: Clock;
}

export class EngineSupervisor {
  readonly #loop: EngineLoop;
  readonly #loadParams: (place: AttendParams | null) => LoadModelParams;
  readonly #idleMs: () => number;
  readonly #log: (line: LogParams) => void;
  readonly #clock: Clock;
  #attended: AttendParams | null = null;
  /** Where somebody asked for something last. */
  #place: AttendParams | null = null;
  #profiles = 0;
  #resting: Timer | null = null;
  #others: OtherFilesParams | null = null;
  /** The engine that has heard of them: one that is started later has not. */
  #told: Engine | null = null;
  #isDisposed = false;
  #words = 0;

  constructor({ spawn, loadParams, idleMs = () => 0, log, clock = systemClock }: SupervisorOptions) {
    this.#loop = new EngineLoop({ spawn, log, clock }, loadParams(null));
    this.#loadParams = loadParams;
    this.#idleMs = idleMs;
    this.#log = log;
    this.#clock = clock;
  }

  get state(): EngineState {
    return this.#loop.state;
  }

  /** How the model for the place that was asked for last is loaded. */
  get wanted(): LoadModelParams {
    return this.#loop.wanted.params;
  }

  get pid(): number | undefined {
    return this.#loop.pid;
  }

  onState(callback: (state: EngineState) => void): { dispose(): void } {
    return this.#loop.states.add(callback);
  }

  onStatistics(callback: (figures: CompletionFigures) => void): { dispose(): void } {
    return this.#loop.statistics.add(callback);
  }

  /** Switching off ends the engine and frees its memory; resolves when it has. */
  async setEnabled(isEnabled: boolean): Promise<void> {
    const { isOn } = this.#loop.wanted;
    if (isEnabled && !isOn && !this.#isDisposed) this.#loop.want({ isOn: true });
    if (!isEnabled && isOn) this.#switchOff();
    await this.#loop.atRest();
  }

  /**
   * One completion; starts the engine where it isn't running.
   * @param onText called with each piece of text as it is generated, untrimmed; none comes after the result
   * @returns null when it was cancelled, or when the engine can't or died: the log knows why
   */
  async complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null> {
    const attended = this.#attended;
    const model = await orAborted(this.#ready(params), signal);
    if (model === null || signal.aborted) return null;
    this.#brief(model);
    const answer = this.#answer(model, params, signal, onText);
    // Who has gone elsewhere while the engine started is there, not where this is answered.
    if (this.#attended !== null && this.#attended !== attended) model.engine.attend(this.#attended);
    return await orAborted(answer, signal);
  }

  /** Tells the engine where the person looks; starts it where it isn't running, so that it is there by the first key. */
  attend(params: AttendParams): void {
    this.#attended = params;
    void this.#ready(params).then((model) => {
      if (this.#attended !== params || model === null) return;
      this.#brief(model);
      model.engine.attend(params);
    });
  }

  /** Tells the engine that the person looks at no place; starts none. */
  leave(): void {
    this.#attended = null;
    this.#loop.answering?.engine.leave();
  }

  /** Tells the engine what the editor knows of other files; starts none: one that is started hears it before all else. */
  tell(others: OtherFilesParams): void {
    this.#others = others;
    this.#told = null;
    if (this.#loop.answering !== null) this.#brief(this.#loop.answering);
  }

  /** Ends the engine and starts a fresh one, forgetting earlier crashes; resolves when it is ready or has failed. */
  async restart(): Promise<void> {
    if (!this.#loop.wanted.isOn) return;
    this.#loop.want({ isAsked: true, generation: this.#loop.wanted.generation + 1, ...this.#newParams() });
    await this.#loop.atRest();
  }

  /** Settings changed: loads again if what is loaded differs from what is asked for now. */
  async reload(): Promise<void> {
    this.#restLater();
    this.#loop.want(this.#newParams());
    await this.#loop.atRest();
  }

  /**
   * Loads a model in the running engine; the one it holds stays if this fails.
   * @throws Error with one line that says what is wrong with the model
   */
  async tryModel(params: LoadModelParams): Promise<ModelFigures> {
    const { isOn, trials } = this.#loop.wanted;
    if (!isOn) throw new Error('completions are switched off');
    return await new Promise((resolve, reject) => {
      const trial = { params, word: ++this.#words, resolve, reject };
      this.#loop.want({ trials: [...trials, trial] });
    });
  }

  /**
   * Profiles the model that is asked for now, and loads it again with that profile; starts the engine where it isn't
   * running.
   * @returns null when it was cancelled
   * @throws Error with one line that says what is wrong
   */
  async profile(
    corpus: Pick<ProfileParams, 'corpus' | 'tokens' | 'minutes'>,
    signal: AbortSignal,
    onProgress: (progress: ProfileProgressParams) => void,
  ): Promise<ProfileResult | null> {
    const model = await this.#ready();
    if (model === null) throw new Error('the engine does not run: see the log');
    const isThere = () => this.#loop.answering?.engine === model.engine;
    const job = { ...corpus, path: model.params.path };
    this.#profiles++;
    const result = await model.engine
      .profile(job, signal, onProgress)
      .catch((error: unknown) => {
        throw isThere() ? error : new Error('the engine ended meanwhile: see the log', { cause: error });
      })
      .finally(() => {
        this.#profiles--;
      });
    if (result !== null && isThere()) await this.tryModel(this.#loop.wanted.params);
    return result;
  }

  /**
   * Has the engine measure this machine, for what the list of models foretells; starts it where it isn't running.
   * @returns whether it was measured
   */
  async measureMachine(): Promise<boolean> {
    const model = await this.#ready();
    return (await model?.engine.measureMachine().catch(() => false)) ?? false;
  }

  /**
   * Which neurons the model has; starts the engine where it isn't running.
   * @returns null where no engine can be had
   */
  async neurons(): Promise<NeuronsResult | null> {
    const model = await this.#ready();
    return (await model?.engine.neurons().catch(() => null)) ?? null;
  }

  /**
   * What fired in the last completion; starts no engine.
   * @param watch whether the completions that follow are watched
   * @returns null where nothing was seen
   */
  async firing(watch: boolean): Promise<FiringResult | null> {
    return (await this.#loop.answering?.engine.firing(watch).catch(() => null)) ?? null;
  }

  /**
   * What the model would do with other settings; starts the engine where it isn't running.
   * @returns null behind a server, or where no engine can be had
   * @throws Error with one line that says what is wrong with them
   */
  async foretell(settings: NeuronSettings): Promise<Foretold | null> {
    const model = await this.#ready();
    return (await model?.engine.foretell(settings)) ?? null;
  }

  /** Ends an engine that nobody asks anything and frees its memory; whoever asks next has it started again. */
  rest(): void {
    this.#restLater();
    if (this.state.kind !== 'ready' || this.#profiles > 0) return;
    this.#resting?.cancel();
    this.#loop.turnTo({ isAsked: false, isResting: true });
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#resting?.cancel();
    await this.setEnabled(false);
  }

  #switchOff(): void {
    const { generation, trials } = this.#loop.wanted;
    const off = { isOn: false, isAsked: false, isResting: false };
    this.#loop.want({ ...off, generation: generation + 1, trials: [] });
    for (const { reject } of trials) reject(new Error('completions were switched off meanwhile'));
  }

  /** The settings' word, where it is a new one. */
  #newParams(): { params?: LoadModelParams; word?: number } {
    const params = this.#loadParams(this.#place);
    return isSame(params, this.#loop.wanted.params) ? {} : { params, word: ++this.#words };
  }

  /**
   * @param place where it is to answer; where it was asked last when left out
   * @returns null when no engine can be had, or when another model is wanted elsewhere by then
   */
  async #ready(place = this.#place): Promise<Loaded | null> {
    const { isOn, isAsked } = this.#loop.wanted;
    if (!isOn) return null;
    this.#restLater();
    const isElsewhere = !isInSameDocument(place, this.#place);
    this.#place = place;
    // Between two questions in one document, only what a person says about models counts.
    if (!isAsked) this.#loop.want({ isAsked: true, ...this.#newParams() });
    else if (isElsewhere) this.#loop.turnTo(this.#newParams());
    const { params } = this.#loop.wanted;
    if (this.#loop.answering === null) await this.#loop.atRest();
    const model = this.#loop.answering;
    const isRight = isInSameDocument(place, this.#place) || (model !== null && isSame(model.params, params));
    return isRight ? model : null;
  }

  /** Unless something is asked for until then, or still under way. */
  #restLater(): void {
    this.#resting?.cancel();
    const idleMs = this.#idleMs();
    if (idleMs <= 0 || !this.#loop.wanted.isOn) return;
    this.#resting = this.#clock.after(idleMs, () => {
      this.rest();
    });
  }

  #brief({ engine }: Loaded): void {
    if (this.#others === null || this.#told === engine) return;
    this.#told = engine;
    engine.tell(this.#others);
  }

  /** What a model says that no longer answers by then is worth nothing. */
  async #answer(
    model: Loaded,
    params: CompleteParams,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null> {
    const isCurrent = () => this.#loop.answering === model;
    const hear = (text: string) => {
      if (isCurrent() && !signal.aborted) onText?.(text);
    };
    this.#loop.count(model, 1);
    try {
      const onBadModel = (reason: string) => {
        this.#loop.refuse(model, reason);
      };
      const onReplacedModel = () => {
        this.#loop.replace(model);
      };
      const tools = { log: this.#log, clock: this.#clock };
      const options = { signal, onText: onText && hear, onBadModel, onReplacedModel, ...tools };
      const result = await requestCompletion(model.engine, params, options);
      return isCurrent() ? result : null;
    } finally {
      this.#loop.count(model, -1);
    }
  }
}

function isInSameDocument(one: AttendParams | null, other: AttendParams | null): boolean {
  return one?.document === other?.document && one?.languageId === other?.languageId;
}
