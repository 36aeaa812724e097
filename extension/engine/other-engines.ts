/**
 * Engines of other windows, and of `hotset serve`: whoever completes says so, and what is computed in the background elsewhere
 * gives way. They talk by the time of change of one empty file in the cache folder, so nothing is left behind by who dies.
 */
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from '../models/cache-folder.ts';

/** Said so often as long as it is true. */
const sayMs = 100;
/** Taken to be over when it was not said for so long. */
const overMs = 300;
/** Of those who compute in the background: soon enough for nobody to notice. */
const lookMs = 20;

export interface OtherEnginesOptions {
  /** One for each machine: a cache folder may lie on a network. */
  readonly file?: string;
  /** Milliseconds since 1970; the system's when left out. */
  readonly now?: () => number;
}

export class OtherEngines {
  readonly #file: string;
  readonly #now: () => number;
  /** When this engine said so itself, as the file tells it. */
  #said: number | null = null;
  #completions = 0;
  #saying: NodeJS.Timeout | undefined;

  constructor({ file = join(cacheFolder(), `completing-${hostname()}`), now }: OtherEnginesOptions = {}) {
    this.#file = file;
    this.#now = now ?? Date.now;
  }

  /** The others hear that this engine completes, until `work` is done. */
  async completing<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#completions++;
    if (this.#completions === 1) this.#say();
    try {
      return await work();
    } finally {
      this.#completions--;
      if (this.#completions === 0) clearTimeout(this.#saying);
    }
  }

  /**
   * Runs `work` while no other engine completes: ends it when one does, and begins again.
   * @param work must end soon after its signal is aborted
   * @returns null when the signal was aborted before it began, at first or again
   */
  async whileQuiet<Result>(
    work: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result | null> {
    for (;;) {
      await this.#quiet(signal);
      if (signal.aborted) return null;
      const giveWay = new AbortController();
      const look = setInterval(() => {
        if (this.#isHeard) giveWay.abort();
      }, lookMs).unref();
      try {
        const result = await work(AbortSignal.any([signal, giveWay.signal]));
        if (!giveWay.signal.aborted) return result;
      } finally {
        clearInterval(look);
      }
    }
  }

  /** Whether another engine completes. */
  get #isHeard(): boolean {
    const saidLast = this.#saidLast;
    return saidLast !== null && saidLast !== this.#said && Math.abs(this.#now() - saidLast) < overMs;
  }

  /** @returns null where nobody said so yet, or the file can't be looked at */
  get #saidLast(): number | null {
    try {
      return statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? null;
    } catch {
      return null;
    }
  }

  async #quiet(signal: AbortSignal): Promise<void> {
    while (this.#isHeard && !signal.aborted) {
      await sleep(lookMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  #say(): void {
    try {
      touch(this.#file, new Date(this.#now()));
      this.#said = this.#saidLast;
    } catch {
      return; // where nothing can be written, nobody hears it
    }
    this.#saying = setTimeout(() => {
      this.#say();
    }, sayMs).unref();
  }
}

function touch(file: string, now: Date): void {
  try {
    utimesSync(file, now, now);
  } catch {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    utimesSync(file, now, now);
  }
}
