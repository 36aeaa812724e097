/** A clock that jumps to the next moment at which somebody wakes, so that hours of typing take no time. */
import type { Clock } from '../../../../../extension/engine/evaluation/typing/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper = { at: this.#now + Math.max(0, milliseconds), wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets time go on until the work is done. */
  async run<Result>(work: Promise<Result>): Promise<Result> {
    const running = { isDone: false };
    const watched = work.finally(() => {
      running.isDone = true;
    });
    watched.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (running.isDone) return await watched;
      const next = this.#sleepers.toSorted((left, right) => left.at - right.at)[0];
      if (next === undefined) throw new Error('everybody waits, and nobody sleeps');
      this.#now = next.at;
      next.wake();
    }
  }
}
