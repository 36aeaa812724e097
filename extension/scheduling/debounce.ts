/** How long to wait for further typing before asking for a completion. */

/** Weight of the newest measurement in the running mean. */
const newestWeight = 0.25;
/** Never wait longer than so many times the setting. */
const mostStretch = 4;

/**
 * A model that answers within a moment is asked soon; one that takes longer is asked only when a pause in typing gives it
 * a chance to finish.
 */
export class Debounce {
  #meanLatencyMs = 0;

  /** @param latencyMs from request to answer */
  record(latencyMs: number): void {
    this.#meanLatencyMs =
      this.#meanLatencyMs === 0
        ? latencyMs
        : newestWeight * latencyMs + (1 - newestWeight) * this.#meanLatencyMs;
  }

  /** @param settingMs the person's setting; 0 asks at once */
  delayMs(settingMs: number): number {
    return Math.min(settingMs * mostStretch, Math.max(settingMs, this.#meanLatencyMs / 2));
  }
}
