/** Types as an editor does: every key cancels the question before and asks another one. */
import type { CompletionScheduler } from '../../../extension/scheduling/completion-scheduler.ts';
import type { Place, Suggestion } from '../../../extension/scheduling/place.ts';
import type { FakeClock } from './fake-clock.ts';
import { placeAt } from './places.ts';

/** What stands before the person's eyes at a place. */
export interface Sight {
  readonly place: Place;
  /** null: nothing yet, or nothing at all. */
  suggestion: Suggestion | null;
  /** When it appeared; NaN: it did not. */
  at: number;
}

export class Typist {
  readonly sights: Sight[] = [];
  readonly #scheduler: CompletionScheduler;
  readonly #clock: FakeClock;
  #question = new AbortController();

  constructor(scheduler: CompletionScheduler, clock: FakeClock) {
    this.#scheduler = scheduler;
    this.#clock = clock;
  }

  /** @param text the document now; `|` stands for the cursor */
  see(text: string, isInvoked = false): Sight {
    this.#question.abort();
    this.#question = new AbortController();
    const { signal } = this.#question;
    const sight: Sight = { place: placeAt(text), suggestion: null, at: NaN };
    this.sights.push(sight);
    void this.#scheduler.suggest(sight.place, { isInvoked }, signal).then((suggestion) => {
      if (suggestion === null || signal.aborted) return;
      this.#scheduler.shown(sight.place, suggestion);
      sight.suggestion = suggestion;
      sight.at = this.#clock.now();
    });
    return sight;
  }

  /** @param after what stands behind the cursor all the time */
  async type(before: string, keys: string, after: string, keyMs: number): Promise<void> {
    for (let count = 1; count <= keys.length; count++) {
      this.see(`${before}${keys.slice(0, count)}|${after}`);
      await this.#clock.advance(keyMs);
    }
  }
}
