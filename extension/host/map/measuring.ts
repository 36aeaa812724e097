/** Has this machine measured until that came to an end once: a completion breaks it off, so it is tried again when none came for a while. */
import { type Clock, systemClock, type Timer } from '../../scheduling/clock.ts';

/** Behind a completion: whoever types on would break it off again. */
const quietMs = 3_000;

export class Measuring {
  readonly #measure: () => Promise<boolean>;
  readonly #clock: Clock;
  #isKnown = false;
  #isRunning = false;
  #waiting: Timer | null = null;

  /** @param measure whether it came to an end */
  constructor(measure: () => Promise<boolean>, clock: Clock = systemClock) {
    this.#measure = measure;
    this.#clock = clock;
  }

  /** Measures unless that runs, or came to an end before. @returns whether it did so now */
  async once(): Promise<boolean> {
    if (this.#isKnown || this.#isRunning) return false;
    this.#isRunning = true;
    try {
      return (this.#isKnown = await this.#measure());
    } finally {
      this.#isRunning = false;
    }
  }

  /** Calls back once the engine had nothing to do for a while, unless all is known. */
  whenQuiet(callback: () => void): void {
    this.stopWaiting();
    if (!this.#isKnown) this.#waiting = this.#clock.after(quietMs, callback);
  }

  stopWaiting(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
  }
}
