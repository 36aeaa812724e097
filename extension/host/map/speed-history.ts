/** Tokens per second of the last completions, so that a map that is opened has a past. */
import type { CompletionFigures } from '../../protocol/figures.ts';
import { withMissing } from '../views/with-missing.ts';

const mostRates = 120;

export class SpeedHistory {
  #rates: number[] = [];
  #last: CompletionFigures | null = null;

  add(figures: CompletionFigures): void {
    this.#last = withMissing(figures, this.#last);
    const { tokensPerSecond } = figures;
    if (tokensPerSecond !== null) this.#rates = [...this.#rates, tokensPerSecond].slice(-mostRates);
  }

  /** Another model has another speed. */
  forget(): void {
    this.#rates = [];
    this.#last = null;
  }

  get last(): CompletionFigures | null {
    return this.#last;
  }

  /** The oldest first. */
  get rates(): readonly number[] {
    return this.#rates;
  }
}
