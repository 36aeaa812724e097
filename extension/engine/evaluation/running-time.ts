/** How long this process has run since a beginning: while it is stopped or frozen, so are the programs beside it. */

/** Of two looks at the clock that lie farther apart, the rest counts as standing still. */
const mostBetweenLooks = 1_000;

export class RunningTime {
  #last: number;
  #milliseconds = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: number) {
    this.#last = now;
  }

  /** To be called several times a second. @returns milliseconds */
  at(now: number): number {
    this.#milliseconds += Math.min(now - this.#last, mostBetweenLooks);
    this.#last = now;
    return this.#milliseconds;
  }
}
