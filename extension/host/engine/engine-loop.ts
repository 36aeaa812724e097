/**
 * Brings what runs to what is wanted, one step at a time. Whatever happens, a word of a person's or a report of the
 * process's, changes the facts first and then runs the same loop: there is no other place where anything is started,
 * loaded or ended.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CompletionFigures, ModelFigures } from '../../protocol/figures.ts';
import type { LoadModelParams, LogParams } from '../../protocol/requests.ts';
import type { Clock } from '../../scheduling/clock.ts';
import type { EngineProcessEvents } from './engine-process.ts';
import type { EngineState } from './engine-state.ts';
import { Listeners } from './listeners.ts';
import { answering, isSame, nextStep, stateOf, type Step } from './reconcile.ts';
import { RestartBudget } from './restart-budget.ts';
import type { Engine, Failure, Loaded, Running, Situation } from './running.ts';
import type { Trial, Wanted } from './wanted.ts';

export interface LoopOptions {
  readonly spawn: (events: EngineProcessEvents) => Engine;
  readonly log: (line: LogParams) => void;
  readonly clock: Clock;
}

export class EngineLoop {
  readonly states = new Listeners<EngineState>();
  readonly statistics = new Listeners<CompletionFigures>();
  readonly #options: LoopOptions;
  readonly #budget = new RestartBudget();
  #wanted: Wanted;
  #running: Running = { kind: 'none' };
  /** Of the engine itself. */
  #failure: Failure | null = null;
  /** Models that can't be had. */
  #refused: { readonly params: LoadModelParams; readonly failure: Failure }[] = [];
  /** Ends the pause after a crash; null: there is none. */
  #endPause: (() => void) | null = null;
  #state: EngineState = { kind: 'stopped' };
  #resting: (() => void)[] = [];
  #isLooping = false;

  constructor(options: LoopOptions, params: LoadModelParams) {
    this.#options = options;
    const wanted = { isOn: true, isAsked: false, isResting: false };
    this.#wanted = { ...wanted, generation: 0, params, word: 0, trials: [] };
  }

  get wanted(): Wanted {
    return this.#wanted;
  }

  get state(): EngineState {
    return this.#state;
  }

  /** Of the process that is there, be it about to end. */
  get pid(): number | undefined {
    return this.#running.kind === 'none' ? undefined : this.#running.engine.pid;
  }

  /** The model that answers completions now. */
  get answering(): Loaded | null {
    return answering(this.#running, this.#wanted);
  }

  /** Changes what is wanted. What failed before no longer counts if it is something else. */
  want(change: Partial<Wanted>): void {
    const before = this.#wanted;
    this.#wanted = { ...before, ...change };
    if (before.generation !== this.#wanted.generation || !isSame(before.params, this.#wanted.params)) {
      this.#budget.reset();
      this.#failure = null;
      this.#refused = [];
      this.#endPause?.();
    }
    this.#reconcile();
  }

  /** A person is where another model answers, or may be: nothing that failed is forgotten. */
  turnTo(change: Partial<Pick<Wanted, 'isAsked' | 'isResting' | 'params' | 'word'>>): void {
    this.#wanted = { ...this.#wanted, ...change };
    this.#reconcile();
  }

  /** Resolves once what runs is what is wanted, or can't be had. */
  async atRest(): Promise<void> {
    if (this.#next().kind === 'rest') return;
    await new Promise<void>((resolve) => this.#resting.push(resolve));
  }

  /** @param change of the number of completions that the model has not answered yet */
  count(model: Loaded, change: 1 | -1): void {
    model.inFlight += change;
    this.#tell();
  }

  /** A model that loaded turned out to be none: its process ends, and none is started until something else is wanted. */
  refuse(model: Loaded, reason: string): void {
    if (this.answering !== model) return;
    this.#refuse(model.params, reason);
    this.#reconcile();
  }

  /** A model whose file is another one now: it is loaded again, in a process that has nothing of the old file. */
  replace(model: Loaded): void {
    if (this.answering === model) this.want({ generation: this.#wanted.generation + 1 });
  }

  #next(): Step {
    return nextStep(this.#wanted, this.#situation);
  }

  get #situation(): Situation {
    const ofModel = this.#refused.find(({ params }) => isSame(params, this.#wanted.params));
    const failure = this.#failure ?? ofModel?.failure ?? null;
    return { running: this.#running, failure, isPausing: this.#endPause !== null };
  }

  /** What a listener or a process says meanwhile is taken up by the loop that runs already. */
  #reconcile(): void {
    if (this.#isLooping) return;
    this.#isLooping = true;
    try {
      let step: Step;
      do {
        this.#tell();
        step = this.#next();
        this.#perform(step);
      } while (step.kind !== 'rest' && step.kind !== 'wait');
      if (step.kind === 'rest') for (const resolve of this.#resting.splice(0)) resolve();
    } finally {
      this.#isLooping = false;
    }
  }

  #perform(step: Step): void {
    switch (step.kind) {
      case 'spawn':
        this.#spawn();
        break;
      case 'load':
        this.#load(step);
        break;
      case 'end':
        this.#running = { kind: 'ending', engine: step.process.engine };
        if (step.process.kind === 'loading') this.#abandon(step.process.trial);
        void step.process.engine.end();
    }
  }

  #spawn(): void {
    try {
      const engine = this.#newProcess();
      this.#running = { kind: 'fresh', engine, generation: this.#wanted.generation };
    } catch (error) {
      this.#pauseAfter(`it did not start: ${messageOf(error)}`);
    }
  }

  #newProcess(): Engine {
    const engine: Engine = this.#options.spawn({
      onLog: this.#options.log,
      onStatistics: (figures) => {
        this.statistics.tell(figures);
      },
      onLoadProgress: (fraction) => {
        if (this.#running.kind !== 'loading' || this.#running.engine !== engine) return;
        this.#running = { ...this.#running, fraction };
        this.#tell();
      },
      onModelChanged: (model) => {
        this.#changed(engine, model);
      },
      onExit: (reason) => {
        this.#exited(reason);
      },
    });
    return engine;
  }

  #load({ into, params, trial }: Extract<Step, { kind: 'load' }>): void {
    const { engine, generation } = into;
    this.#running = { kind: 'loading', engine, generation, params, trial, before: into, fraction: 0 };
    // A process that was told to end or died meanwhile is none whose word counts.
    const isCurrent = () => this.#running.kind === 'loading' && this.#running.engine === engine;
    engine.load(params).then(
      (model) => {
        if (!isCurrent()) return;
        this.#running = { kind: 'loaded', engine, generation, params, model, inFlight: 0 };
        this.#failure = null;
        this.#refused = this.#refused.filter((refused) => !isSame(refused.params, params));
        this.#options.log({
          level: 'info',
          message: `loaded ${model.path} (${model.decoder}, ${model.mode})`,
        });
        if (trial === null) this.#reconcile();
        else this.#adopt(trial, model);
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        this.#running = into;
        if (trial === null) this.#refuse(params, messageOf(error));
        else this.#drop(trial, error instanceof Error ? error : new Error(messageOf(error)));
        this.#reconcile();
      },
    );
  }

  #changed(engine: Engine, model: ModelFigures): void {
    if (this.#running.kind !== 'loaded' || this.#running.engine !== engine) return;
    this.#running.model = model;
    this.#tell();
  }

  #adopt(trial: Trial, model: ModelFigures): void {
    const { word, trials } = this.#wanted;
    trial.resolve(model);
    this.want({
      isAsked: true,
      trials: trials.filter((other) => other !== trial),
      ...(trial.word > word ? { params: trial.params, word: trial.word } : {}),
    });
  }

  #exited(reason: string): void {
    const ended = this.#running;
    this.#running = { kind: 'none' };
    if (ended.kind === 'loading') this.#abandon(ended.trial);
    if (ended.kind !== 'ending') this.#pauseAfter(reason);
    this.#reconcile();
  }

  /** A crash: the engine is started again after a pause, or, if that happens too often, not at all. */
  #pauseAfter(reason: string): void {
    const { clock, log } = this.#options;
    const delay = this.#budget.take(clock.now());
    if (delay === null) {
      const advice = 'restart it, or look into the log';
      this.#failure = { reason: `the engine keeps failing (${reason}): ${advice}`, cause: 'engine' };
      log({ level: 'error', message: this.#failure.reason });
      return;
    }
    log({ level: 'warn', message: `the engine failed (${reason}) and is started again in ${delay} ms` });
    const pause = clock.after(delay, () => {
      this.#endPause = null;
      this.#reconcile();
    });
    this.#endPause = () => {
      this.#endPause = null;
      pause.cancel();
    };
  }

  #refuse(params: LoadModelParams, reason: string): void {
    this.#refused.push({ params, failure: { reason, cause: 'model' } });
    this.#options.log({ level: 'error', message: reason });
  }

  #abandon(trial: Trial | null): void {
    if (trial !== null)
      this.#drop(trial, new Error('the engine ended while it loaded the model: see the log'));
  }

  #drop(trial: Trial, error: Error): void {
    trial.reject(error);
    this.#wanted = { ...this.#wanted, trials: this.#wanted.trials.filter((other) => other !== trial) };
  }

  #tell(): void {
    const state = stateOf(this.#wanted, this.#situation);
    if (isDeepStrictEqual(state, this.#state)) return;
    this.#state = state;
    this.states.tell(state);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
