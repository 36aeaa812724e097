/** One completion at a time; a newer one supersedes the older, which resolves as `cancelled`. */

/** Runs one completion; must end soon after the signal is aborted. */
export type Work<Result> = (signal: AbortSignal) => Promise<Result>;

export class CompletionQueue {
  #newest: AbortController | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether nothing runs or waits. */
  get isIdle(): boolean {
    return this.#waiting === 0;
  }

  /**
   * @param signal the caller's own cancellation
   * @param whenCancelled the result of a completion that was superseded before it began
   */
  async run<Result>(signal: AbortSignal, work: Work<Result>, whenCancelled: () => Result): Promise<Result> {
    this.cancel();
    const mine = new AbortController();
    this.#newest = mine;
    const either = AbortSignal.any([signal, mine.signal]);
    const before = this.#last;
    const result = before.then(() => (either.aborted ? whenCancelled() : work(either)));
    this.#last = result.catch(() => undefined);
    this.#waiting++;
    return await result.finally(() => {
      this.#waiting--;
    });
  }

  /** Ends the running completion and those that wait. */
  cancel(): void {
    this.#newest?.abort();
  }

  /** Resolves once nothing runs. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
