/**
 * The models in memory: the one that answers, and those that answered lately, which do so again at once. Who has not been
 * wanted for long leaves, and whoever there is no room for.
 */
import { totalmem } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { LoadModelParams } from '../protocol/requests.ts';
import { asEngineError } from './errors.ts';
import { holdingOf, type Holding } from './holding.ts';
import { leaving } from './leaving.ts';
import { hasLostItsFile } from './model/one-file.ts';
import { type OnProgress, openModel, type OpenedModel, type OpenTools } from './open-model.ts';

export interface HeldModelsTools extends OpenTools {
  /** Ends what is computed, with whichever model. */
  readonly stop: () => Promise<void>;
  /** Another model answers from now on. */
  readonly onAnswering: (holding: Holding) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Entry {
  readonly holding: Holding;
  readonly path: string;
  readonly bytes: number;
  readonly gpuBytes: number;
  leftAt: number;
  /** Something else than its file belongs to it now, such as another profile. */
  isOutdated: boolean;
}

/** All models together, of the memory that a process may use. */
const mostOfMemory = 0.5;
const msPerMinute = 60_000;

export class HeldModels {
  readonly #tools: HeldModelsTools;
  /** The one that answers comes last. */
  #entries: Entry[] = [];
  #loading: Promise<unknown> = Promise.resolve();
  #idleMs = Infinity;
  #sweeping: NodeJS.Timeout | undefined;

  constructor(tools: HeldModelsTools) {
    this.#tools = tools;
  }

  /** The model that answers; null: none is loaded. */
  get current(): Holding | null {
    return this.#entries.at(-1)?.holding ?? null;
  }

  /**
   * Has a model answer from now on; the one that did goes on if this fails. Loads run one after the other.
   * @throws EngineError
   */
  async load(params: LoadModelParams, onProgress: OnProgress): Promise<Holding> {
    return await this.inTurn(async () => {
      this.#idleMs = (params.idleMinutes ?? 0) * msPerMinute || Infinity;
      const held = this.#find(params);
      if (held !== null) return await this.#answerWith(held);
      return this.#isOnGpu ? await this.#loadAlone(params, onProgress) : await this.#load(params, onProgress);
    });
  }

  /** Another model answers what `from` was loaded for. */
  async exchange(from: Holding, opened: OpenedModel): Promise<Holding> {
    const entry = this.#entryOf(from.params, opened);
    await this.#tools.stop();
    this.#entries = this.#entries.filter(({ holding }) => holding !== from);
    if (opened.model.native !== from.model.native) from.model.native.dispose();
    return await this.#answerWith(entry);
  }

  /** What belongs to a model was made anew: it is loaded with that when it is asked for next. @param path null: the embedded one */
  outdate(path: string | null): void {
    for (const entry of this.#entries) entry.isOutdated ||= entry.holding.params.path === path;
  }

  /** Loads run one after the other. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#loading.then(work);
    this.#loading = done.catch(() => undefined);
    return await done;
  }

  /** Resolves once nothing loads. */
  async settled(): Promise<void> {
    await this.#loading;
  }

  /** Frees all of them. */
  async close(): Promise<void> {
    clearTimeout(this.#sweeping);
    await Promise.all([this.#tools.stop(), this.#loading]);
    for (const { holding } of this.#entries.splice(0)) holding.model.native.dispose();
  }

  get #isOnGpu(): boolean {
    return this.#entries.some(({ gpuBytes }) => gpuBytes > 0);
  }

  /** One whose file is another one by now is of no use. */
  #find(params: LoadModelParams): Entry | null {
    const entry = this.#entries.find(
      ({ holding, isOutdated }) => !isOutdated && isSameModel(holding.params, params),
    );
    return entry === undefined || hasLostItsFile(entry.holding.model) ? null : entry;
  }

  async #load(params: LoadModelParams, onProgress: OnProgress): Promise<Holding> {
    try {
      return await this.#answerWith(this.#entryOf(params, await openModel(params, this.#tools, onProgress)));
    } catch (error) {
      const [oldest, next] = this.#entries;
      if (asEngineError(error).kind !== 'outOfMemory' || oldest === undefined) throw error;
      if (next === undefined) return await this.#loadAlone(params, onProgress);
      this.#entries.shift();
      await oldest.holding.model.native.release();
      return await this.#load(params, onProgress);
    }
  }

  /** Where no other model may be held beside it: frees them first, and loads the one that answered again if this fails. */
  async #loadAlone(params: LoadModelParams, onProgress: OnProgress): Promise<Holding> {
    const before = this.current;
    const entries = this.#entries.splice(0);
    await this.#tools.stop();
    await Promise.all(entries.map(({ holding }) => holding.model.native.release()));
    try {
      return await this.#load(params, onProgress);
    } catch (error) {
      if (before !== null) await this.#load(before.params, () => undefined);
      throw error;
    }
  }

  #entryOf(params: LoadModelParams, { model, insteadOfServer }: OpenedModel): Entry {
    const since = this.#tools.now();
    const holding = holdingOf(model, { params, insteadOfServer, since }, this.#tools);
    const { sizeBytes, gpuBytes } = model.description;
    return { holding, path: model.path, bytes: sizeBytes, gpuBytes, leftAt: since, isOutdated: false };
  }

  async #answerWith(entry: Entry): Promise<Holding> {
    const now = this.#tools.now();
    const before = this.#entries.at(-1);
    if (before !== undefined) before.leftAt = now;
    const others = this.#entries.filter(({ holding }) => holding.model !== entry.holding.model);
    this.#entries = [...others, entry];
    await this.#tools.stop();
    this.#sweep();
    this.#tools.onAnswering(entry.holding);
    return entry.holding;
  }

  /** Now, and again when the next one may have to leave. */
  #sweep(): void {
    clearTimeout(this.#sweeping);
    const answering = this.#entries.at(-1);
    if (answering === undefined) return;
    const { log } = this.#tools;
    const now = this.#tools.now();
    const limits = { now, idleMs: this.#idleMs, mostBytes: mostOfMemory * usableMemory() };
    const gone = leaving(answering, this.#entries.slice(0, -1), limits);
    this.#entries = this.#entries.filter((entry) => !gone.includes(entry));
    for (const { holding, path } of gone) {
      holding.model.native.dispose();
      log('info', `${path} left memory`);
    }
    const [oldest] = this.#entries;
    if (oldest === undefined || oldest === answering || this.#idleMs === Infinity) return;
    this.#sweeping = setTimeout(
      () => {
        this.#sweep();
      },
      Math.max(0, oldest.leftAt + this.#idleMs - now),
    ).unref();
  }
}

function isSameModel(one: LoadModelParams, other: LoadModelParams): boolean {
  return isDeepStrictEqual({ ...one, idleMinutes: 0 }, { ...other, idleMinutes: 0 });
}

function usableMemory(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity);
}
