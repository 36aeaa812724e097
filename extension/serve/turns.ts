/** One request computes at a time; the others wait their turn, as many as anybody would wait for. */
import { HttpError } from './http-error.ts';

/** Must end soon after the signal is aborted. */
type Work<Result> = (signal: AbortSignal) => Promise<Result>;

const mostWaiting = 16;

interface Turn {
  readonly of: string | null;
  readonly superseded: AbortController;
}

export class Turns {
  readonly #turns = new Set<Turn>();
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param of whose turn it is: a newer one of the same ends those before it; null: nobody's, and it ends none
   * @param signal the client's own; a turn that is over before it began never begins
   * @returns what `work` says, also where a newer one ended it
   * @throws HttpError where too many wait
   */
  async take<Result>(of: string | null, signal: AbortSignal, work: Work<Result>): Promise<Result> {
    for (const turn of this.#turns) {
      if (of !== null && turn.of === of) turn.superseded.abort();
    }
    if (this.#turns.size > mostWaiting) {
      throw new HttpError('unavailable_error', 'too many requests wait already: try again later');
    }
    const turn = { of, superseded: new AbortController() };
    this.#turns.add(turn);
    const either = AbortSignal.any([signal, turn.superseded.signal]);
    const mine = this.#last.then(() => work(either));
    this.#last = mine.catch(() => undefined);
    return await mine.finally(() => this.#turns.delete(turn));
  }
}
