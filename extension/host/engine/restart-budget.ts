/** How often a crashed engine is started again, and how long to wait before. */

const windowMs = 3 * 60_000;
const mostRestarts = 5;
const firstDelayMs = 100;
const longestDelayMs = 4_000;

export class RestartBudget {
  #restarts: number[] = [];

  /**
   * Takes one restart.
   * @param now milliseconds on any steady clock
   * @returns milliseconds to wait before it, twice as long each time; null when there were too many lately
   */
  take(now: number): number | null {
    this.#restarts = this.#restarts.filter((time) => now - time < windowMs);
    const taken = this.#restarts.length;
    if (taken >= mostRestarts) return null;
    this.#restarts.push(now);
    return Math.min(longestDelayMs, firstDelayMs * 2 ** taken);
  }

  /** A person asked for a fresh start. */
  reset(): void {
    this.#restarts = [];
  }
}
