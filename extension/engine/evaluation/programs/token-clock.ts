/** When a generation's tokens came, and the processor time of this process from the first one on. */

export class TokenClock {
  /** Milliseconds from one token to the next. */
  readonly intervals: number[] = [];
  #last: number | null = null;
  #begin: NodeJS.CpuUsage | null = null;

  /** A token came. */
  tick(): void {
    const now = performance.now();
    if (this.#last !== null) this.intervals.push(now - this.#last);
    this.#last = now;
    this.#begin ??= process.cpuUsage();
  }

  /** Of all threads, since the first token; 0 before it. */
  processorMs(): number {
    if (this.#begin === null) return 0;
    const { user, system } = process.cpuUsage(this.#begin);
    return (user + system) / 1000;
  }
}
