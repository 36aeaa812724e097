/** Engine processes and a clock that do what a test tells them, when it tells them. */
import assert from 'node:assert/strict';
import { type CancellationToken, ResponseError } from 'vscode-jsonrpc/node';
import type { Clock, Timer } from '../../../../extension/scheduling/clock.ts';
import type { EngineProcessEvents } from '../../../../extension/host/engine/engine-process.ts';
import type { Engine } from '../../../../extension/host/engine/running.ts';
import type { ModelFigures } from '../../../../extension/protocol/figures.ts';
import {
  type AttendParams,
  type CompleteParams,
  type CompleteResult,
  ErrorCode,
  type FiringResult,
  type Foretold,
  type LoadModelParams,
  type NeuronsResult,
  type OtherFilesParams,
  type ProfileResult,
} from '../../../../extension/protocol/requests.ts';
import { completeResult } from '../../complete-result.ts';

const neuronSplit = { hot: 1, cold: 0, gpu: 0, cpu: 1, activity: null, recall: null };

export function paramsOf(path: string, threads = 0): LoadModelParams {
  return { path, decoder: 'auto', mode: 'auto', hotThreshold: 0.5, contextLength: 2048, threads };
}

export const completeParams: CompleteParams = {
  prefix: 'a',
  suffix: 'b',
  maxTokens: 1,
  maxLines: 1,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};

function modelOf({ path }: LoadModelParams): ModelFigures {
  return {
    path: path ?? 'embedded',
    name: 'fake',
    architecture: 'llama',
    hiddenActivation: 'silu',
    quantisation: 'F16',
    parameters: 1,
    sizeBytes: 1,
    layers: 1,
    neuronsPerLayer: 1,
    contextLength: 2048,
    decoder: 'llama.cpp',
    decoderReason: 'asked for',
    mode: 'dense',
    kernel: null,
    fimOrder: null,
    readsOtherFiles: false,
    warnings: [],
    server: null,
    insteadOfServer: null,
    isCalibrated: true,
    profileCorpus: null,
    predictor: null,
    device: null,
    gpuBytes: 0,
    attentionLayersOnGpu: 0,
    headOnGpu: false,
    neuronSplit,
  };
}

/** @param text says who answered */
function resultOf(text: string, stopReason: CompleteResult['stopReason']): CompleteResult {
  return { ...completeResult, text, stopReason, decoder: 'llama.cpp' };
}

interface Pending<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

interface PendingCompletion extends Pending<CompleteResult> {
  readonly onText: ((text: string) => void) | undefined;
}

export class FakeEngine implements Engine {
  readonly pid: number;
  readonly attended: AttendParams[] = [];
  readonly told: OtherFilesParams[] = [];
  /** What it was asked and told, in this order. */
  readonly heard: ('complete' | 'attend' | 'leave' | 'tell')[] = [];
  isAlive = true;
  /** It was asked or made to end, and has not yet. */
  isLeaving = false;
  /** It answers no completion, not even a cancelled one. */
  isHung = false;
  loaded: LoadModelParams | null = null;
  #isKilled = false;
  readonly #events: EngineProcessEvents;
  readonly #ended: (() => void)[] = [];
  readonly #completions = new Set<PendingCompletion>();
  #load: (Pending<ModelFigures> & { readonly params: LoadModelParams }) | null = null;
  #profile: Pending<ProfileResult | null> | null = null;

  constructor(pid: number, events: EngineProcessEvents) {
    this.pid = pid;
    this.#events = events;
  }

  get isLoading(): boolean {
    return this.#load !== null;
  }

  get completions(): number {
    return this.#completions.size;
  }

  async load(params: LoadModelParams): Promise<ModelFigures> {
    // Of one that was killed its supervisor hears when it has ended.
    assert.ok(this.isAlive && (!this.isLeaving || this.#isKilled), 'asked to load although it ends');
    assert.equal(this.#load, null, 'asked to load while it loads');
    return await new Promise((resolve, reject) => {
      this.#load = { params, resolve, reject };
    });
  }

  async complete(
    _params: CompleteParams,
    token: CancellationToken,
    onText?: (text: string) => void,
  ): Promise<CompleteResult> {
    if (!this.isAlive) throw new Error('the connection is closed');
    this.heard.push('complete');
    return await new Promise((resolve, reject) => {
      const pending = { resolve, reject, onText };
      this.#completions.add(pending);
      token.onCancellationRequested(() => {
        if (this.isHung || !this.#completions.delete(pending)) return;
        resolve(resultOf('', 'cancelled'));
      });
    });
  }

  attend(params: AttendParams): void {
    this.attended.push(params);
    this.heard.push('attend');
  }

  leave(): void {
    this.heard.push('leave');
  }

  tell(others: OtherFilesParams): void {
    this.told.push(others);
    this.heard.push('tell');
  }

  async profile(): Promise<ProfileResult | null> {
    return await new Promise((resolve, reject) => {
      this.#profile = { resolve, reject };
    });
  }

  neurons(): Promise<NeuronsResult> {
    return Promise.resolve({ neuronsPerLayer: 1, layers: [] });
  }

  firing(): Promise<FiringResult | null> {
    return Promise.resolve(null);
  }

  foretell(): Promise<Foretold | null> {
    return Promise.resolve(null);
  }

  measureMachine(): Promise<boolean> {
    return Promise.resolve(this.isAlive);
  }

  async end(): Promise<void> {
    this.isLeaving = true;
    if (this.isAlive) await new Promise<void>((resolve) => this.#ended.push(resolve));
  }

  kill(): void {
    this.isLeaving = this.#isKilled = true;
  }

  progress(fraction: number): void {
    this.#events.onLoadProgress(fraction);
  }

  /** A path that says `bad` can't be loaded. */
  finishLoad(): void {
    const load = this.#load;
    assert.ok(load !== null, 'it loads nothing');
    this.#load = null;
    if (load.params.path?.includes('bad') === true) {
      load.reject(new Error(`${load.params.path} is no model`));
      return;
    }
    this.loaded = load.params;
    load.resolve(modelOf(load.params));
  }

  /** Answers all completions with text that says who did. */
  answer(): void {
    for (const { resolve, onText } of this.#completions) {
      onText?.('part');
      resolve(resultOf(`${this.pid}:${this.loaded?.path ?? 'none'}`, 'endOfText'));
    }
    this.#completions.clear();
  }

  /** Tells of all completions that the model can't answer. */
  refuse(reason: string): void {
    for (const { reject } of this.#completions) reject(new ResponseError(ErrorCode.badModel, reason));
    this.#completions.clear();
  }

  finishProfile(): void {
    const result = { plot: '', corpus: '', tokens: 1, activity: 0, carriers: 0, carriedShare: 0 };
    this.#profile?.resolve(result);
  }

  exit(reason: string): void {
    assert.ok(this.isAlive, 'it ended before');
    this.isAlive = false;
    const error = new Error('the connection is closed');
    this.#load?.reject(error);
    this.#profile?.reject(error);
    for (const { reject } of this.#completions) reject(error);
    this.#load = null;
    this.#completions.clear();
    for (const resolve of this.#ended) resolve();
    this.#events.onExit(reason);
  }
}

/** Starts fake engines and remembers them all. */
export class FakeMachine {
  readonly engines: FakeEngine[] = [];

  get alive(): FakeEngine[] {
    return this.engines.filter(({ isAlive }) => isAlive);
  }

  /** The process that runs. */
  get engine(): FakeEngine {
    const [engine, ...others] = this.alive;
    assert.ok(engine !== undefined && others.length === 0, `${this.alive.length} processes run, not one`);
    return engine;
  }

  spawn(events: EngineProcessEvents): FakeEngine {
    assert.deepEqual(this.alive, [], 'a second process is started beside the first');
    const engine = new FakeEngine(this.engines.length + 1, events);
    this.engines.push(engine);
    return engine;
  }
}

export class FakeClock implements Clock {
  readonly #timers = new Map<() => void, number>();
  #now = 0;

  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): Timer {
    const timer = () => {
      callback();
    };
    this.#timers.set(timer, this.#now + milliseconds);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, time]) => time <= end).sort(([, a], [, b]) => a - b)[0];
      if (due === undefined) break;
      const [timer, time] = due;
      this.#timers.delete(timer);
      this.#now = time;
      timer();
    }
    this.#now = end;
  }
}

/** Lets every promise that can settle do so. */
export async function settlePromises(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
