/**
 * Keeps an engine running for whoever asks for completions: starts it at the first request, starts it again when it
 * dies, ends it when it hangs, and tells listeners what it is doing. Knows nothing of VS Code.
 */
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import type { CompletionFigures, ModelFigures } from '../../protocol/figures.ts';
import type {
  AttendParams,
  CompleteParams,
  CompleteResult,
  LoadModelParams,
  LogParams,
  ProfileParams,
  ProfileProgressParams,
  ProfileResult,
} from '../../protocol/requests.ts';
import { EngineProcess } from './engine-process.ts';
import type { EngineState, FailureCause } from './engine-state.ts';
import { Listeners } from './listeners.ts';
import { RestartBudget } from './restart-budget.ts';

export interface SupervisorOptions {
  /** Path of `engine.cjs`. */
  readonly script: string;
  /** Folder where the engine may keep files. */
  readonly storage: string;
  /** Read at every load. */
  readonly loadParams: () => LoadModelParams;
  readonly log: (line: LogParams) => void;
}

/** An engine that leaves a cancelled completion unanswered for so long hangs. */
const hangMs = 5_000;

export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  readonly #states = new Listeners<EngineState>();
  readonly #statistics = new Listeners<CompletionFigures>();
  readonly #budget = new RestartBudget();
  #state: EngineState = { kind: 'stopped' };
  #process: EngineProcess | null = null;
  /** Resolves to the process once it has a model, to null when it can't have one. */
  #ready: Promise<EngineProcess | null> | null = null;
  #model: ModelFigures | null = null;
  #loaded = '';
  #inFlight = 0;
  #backOff: { cancel(): void } | null = null;
  #restarting: Promise<void> | null = null;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  get state(): EngineState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  onState(callback: (state: EngineState) => void): { dispose(): void } {
    return this.#states.add(callback);
  }

  onStatistics(callback: (figures: CompletionFigures) => void): { dispose(): void } {
    return this.#statistics.add(callback);
  }

  /** Switching off ends the engine and frees its memory. */
  async setEnabled(isEnabled: boolean): Promise<void> {
    if (isEnabled === (this.#state.kind !== 'disabled')) return;
    if (isEnabled) {
      this.#become({ kind: 'stopped' });
      return;
    }
    this.#become({ kind: 'disabled' });
    await this.#end();
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
    const engine = await orAborted(this.#ensureReady(), signal);
    if (engine === null) return null;

    const source = new CancellationTokenSource();
    const answer = this.#request(engine, params, source, onText);
    const stopWatching = this.#watchCancellation(engine, source, answer, signal);
    try {
      return await orAborted(answer, signal);
    } finally {
      stopWatching();
    }
  }

  /** Tells the engine where the person looks; starts none for it. */
  attend(params: AttendParams): void {
    if (this.#model !== null) this.#process?.attend(params);
  }

  /** Ends the engine and starts a fresh one, forgetting earlier crashes. Calls that come meanwhile share the restart. */
  async restart(): Promise<void> {
    if (this.#state.kind === 'disabled') return;
    this.#restarting ??= this.#restartOnce().finally(() => {
      this.#restarting = null;
    });
    await this.#restarting;
  }

  /** Settings changed: loads again if what is loaded differs from what is asked for now. */
  async reload(): Promise<void> {
    if (this.#state.kind === 'disabled' || this.#state.kind === 'stopped') return;
    if (this.#loaded === key(this.#options.loadParams())) return;
    await this.restart();
  }

  /**
   * Loads a model in the running engine; the one it holds stays if this fails.
   * @throws Error with one line that says what is wrong with the model
   */
  async tryModel(params: LoadModelParams): Promise<ModelFigures> {
    const engine = this.#process ?? this.#spawn();
    const before = this.#state;
    this.#become({ kind: 'loading', fraction: 0 });
    try {
      const model = await engine.load(params);
      this.#adopt(engine, model, params);
      return model;
    } catch (error) {
      if (this.#process !== engine) {
        throw new Error('the engine ended while it loaded the model: see the log', { cause: error });
      }
      this.#become(settled(before));
      throw error;
    }
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
    const engine = await this.#ensureReady();
    if (engine === null) throw new Error('the engine does not run: see the log');
    const { path } = this.#options.loadParams();
    const result = await engine.profile({ ...corpus, path }, signal, onProgress);
    if (result !== null && this.#process === engine) await this.tryModel(this.#options.loadParams());
    return result;
  }

  async dispose(): Promise<void> {
    await this.#end();
  }

  async #restartOnce(): Promise<void> {
    await this.#end();
    this.#budget.reset();
    this.#become({ kind: 'stopped' });
    await this.#ensureReady();
  }

  #ensureReady(): Promise<EngineProcess | null> {
    if (this.#state.kind === 'disabled' || this.#state.kind === 'failed') return Promise.resolve(null);
    this.#ready ??= this.#start();
    return this.#ready;
  }

  async #start(): Promise<EngineProcess | null> {
    const engine = this.#process ?? this.#spawn();
    this.#become({ kind: 'loading', fraction: 0 });
    const params = this.#options.loadParams();
    try {
      this.#adopt(engine, await engine.load(params), params);
      return engine;
    } catch (error) {
      // A process that died meanwhile has been replaced already, by whoever noticed.
      if (this.#process !== engine) return (await this.#ready) ?? null;
      this.#fail(error instanceof Error ? error.message : String(error), 'model');
      return null;
    }
  }

  #spawn(): EngineProcess {
    this.#become({ kind: 'starting' });
    const engine: EngineProcess = new EngineProcess(this.#options.script, this.#options.storage, {
      onLog: this.#options.log,
      onStatistics: (figures) => {
        this.#statistics.tell(figures);
      },
      onLoadProgress: (fraction) => {
        if (this.#state.kind === 'loading') this.#become({ kind: 'loading', fraction });
      },
      onExit: (reason) => {
        if (this.#process === engine) this.#crashed(reason);
      },
    });
    this.#process = engine;
    return engine;
  }

  #adopt(engine: EngineProcess, model: ModelFigures, params: LoadModelParams): void {
    this.#model = model;
    this.#loaded = key(params);
    this.#ready = Promise.resolve(engine);
    this.#become({ kind: 'ready', model });
    this.#options.log({ level: 'info', message: `loaded ${model.path} (${model.decoder}, ${model.mode})` });
  }

  #crashed(reason: string): void {
    this.#forget();
    if (this.#state.kind === 'disabled') return;
    const delay = this.#budget.take(performance.now());
    if (delay === null) {
      this.#fail(`the engine keeps failing (${reason}): restart it, or look into the log`, 'engine');
      return;
    }
    this.#options.log({
      level: 'warn',
      message: `the engine failed (${reason}) and is started again in ${delay} ms`,
    });
    this.#become({ kind: 'starting' });
    this.#ready = this.#startAfter(delay);
  }

  async #startAfter(delayMs: number): Promise<EngineProcess | null> {
    const isDue = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, delayMs, true);
      this.#backOff = {
        cancel: () => {
          clearTimeout(timer);
          resolve(false);
        },
      };
    });
    this.#backOff = null;
    return isDue ? await this.#start() : null;
  }

  async #request(
    engine: EngineProcess,
    params: CompleteParams,
    source: CancellationTokenSource,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null> {
    this.#count(1);
    try {
      const result = await engine.complete(params, source.token, onText);
      this.#options.log({ level: 'debug', message: summaryOf(result) });
      return result.stopReason === 'cancelled' ? null : result;
    } catch (error) {
      this.#options.log({ level: 'warn', message: `no completion: ${String(error)}` });
      return null;
    } finally {
      this.#count(-1);
    }
  }

  /** Passes a cancellation on, and ends an engine that does not react to it. */
  #watchCancellation(
    engine: EngineProcess,
    source: CancellationTokenSource,
    answer: Promise<unknown>,
    signal: AbortSignal,
  ): () => void {
    const onAbort = () => {
      source.cancel();
      const timer = setTimeout(() => {
        this.#options.log({
          level: 'error',
          message: 'the engine does not answer: it is ended and started again',
        });
        engine.kill();
      }, hangMs);
      void answer.finally(() => {
        clearTimeout(timer);
      });
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      signal.removeEventListener('abort', onAbort);
    };
  }

  #count(change: 1 | -1): void {
    this.#inFlight += change;
    const { kind } = this.#state;
    if (this.#model === null || (kind !== 'ready' && kind !== 'busy')) return;
    this.#become({ kind: this.#inFlight > 0 ? 'busy' : 'ready', model: this.#model });
  }

  async #end(): Promise<void> {
    const engine = this.#process;
    this.#forget();
    await engine?.end();
  }

  #forget(): void {
    this.#backOff?.cancel();
    this.#process = null;
    this.#ready = null;
    this.#model = null;
    this.#loaded = '';
  }

  #fail(reason: string, cause: FailureCause): void {
    this.#ready = null;
    this.#options.log({ level: 'error', message: reason });
    this.#become({ kind: 'failed', reason, cause });
  }

  #become(state: EngineState): void {
    this.#state = state;
    this.#states.tell(state);
  }
}

/** What a state that was about to change goes back to. */
function settled(state: EngineState): EngineState {
  return state.kind === 'busy' ? { kind: 'ready', model: state.model } : state;
}

/** Why something was shown or was not: the first thing to look for when suggestions seem rare. */
function summaryOf(result: CompleteResult): string {
  const outcome = result.text === '' ? 'nothing to show' : `${result.text.length} characters to show`;
  const { tokens, cachedTokens, promptTokens, timeToFirstTokenMs, stopReason } = result;
  return (
    `completion: ${outcome}; ${tokens} tokens, ended by ${stopReason}; ` +
    `${cachedTokens} of ${promptTokens} prompt tokens cached, first token after ${timeToFirstTokenMs.toFixed(0)} ms`
  );
}

function key(params: LoadModelParams): string {
  return JSON.stringify(params);
}

/** Whatever comes first: the value, or null when the signal is aborted. */
async function orAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  if (signal.aborted) return null;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => {
      resolve(null);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
