/** How fast the engine writes, and so how much is asked of it at a time. */

import type { CompletionFigures } from '../protocol/figures.ts';

/** Weight of the newest measurement in the running mean. */
const newestWeight = 0.25;
/** Of shorter texts the rate tells little: several tokens may come at once. */
const fewestTokens = 6;
/** Who types looks at what comes within about two keys. */
const patienceMs = 400;

/**
 * An engine that writes a whole suggestion within a moment is asked for one; of a slower one only a line is asked for, which is there
 * before the next keys, and the next line while that one is read.
 */
export class Pace {
  #meanTokenMs: number | null = null;

  /** Of one completion. */
  record({ tokens, tokensPerSecond }: Pick<CompletionFigures, 'tokens' | 'tokensPerSecond'>): void {
    if (tokensPerSecond === null || tokens < fewestTokens) return;
    const tokenMs = 1_000 / tokensPerSecond;
    const mean = this.#meanTokenMs;
    this.#meanTokenMs = mean === null ? tokenMs : newestWeight * tokenMs + (1 - newestWeight) * mean;
  }

  /**
   * How many lines to ask for.
   * @param maxLines the most that a suggestion may have; 0: no limit
   */
  lines({ maxTokens, maxLines }: { readonly maxTokens: number; readonly maxLines: number }): number {
    const isFast = this.#meanTokenMs !== null && this.#meanTokenMs * maxTokens <= patienceMs;
    return isFast ? maxLines : 1;
  }
}
