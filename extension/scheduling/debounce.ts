/** How long to wait for further typing before asking for a completion. */

/** Weight of the newest measurement in the running mean. */
const newestWeight = 0.25;
/** A model that answers within this is asked at every key. */
const fastMs = 50;
/** Of what a model takes longer than that, so much is waited for a pause that gives it a chance to finish. */
const share = 0.25;
/** Who has not typed for so long may be about to read what comes: nothing tells that another key follows. */
const longPauseMs = 500;

/** Follows what the model takes: the slower it answers, the longer it pays to wait whether more is typed. */
export class Debounce {
  #meanLatencyMs: number | null = null;
  #lastKeyAt = -Infinity;

  /** @param latencyMs from request to answer */
  record(latencyMs: number): void {
    const mean = this.#meanLatencyMs;
    this.#meanLatencyMs = mean === null ? latencyMs : newestWeight * latencyMs + (1 - newestWeight) * mean;
  }

  /** @param elapsedMs how long the model had worked when it was called off */
  recordCancelled(elapsedMs: number): void {
    if (elapsedMs > (this.#meanLatencyMs ?? 0)) this.record(elapsedMs);
  }

  /**
   * To be asked at every key.
   * @param now milliseconds since some moment
   * @param longestMs the person's setting
   */
  delayMs(now: number, longestMs: number): number {
    const pause = now - this.#lastKeyAt;
    this.#lastKeyAt = now;
    if (pause >= longPauseMs) return 0;
    if (this.#meanLatencyMs === null) return longestMs;
    return Math.min(longestMs, Math.max(0, this.#meanLatencyMs - fastMs) * share);
  }
}
