/** Work for the time in which nothing is asked for: it begins after a pause, and gives way at once. */

/** Must end soon after the signal is aborted. */
export type Work = (signal: AbortSignal) => Promise<void>;

export class IdleWork {
  readonly #onError: (error: unknown) => void;
  #newest = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #hasEnded = false;

  /** @param onError told what the work throws: nobody waits for it */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Begins `work` unless something is asked for within `pauseMs`; what was to be done before is given up. */
  begin(pauseMs: number, work: Work): void {
    this.cancel();
    if (this.#hasEnded) return;
    const { signal } = (this.#newest = new AbortController());
    const before = this.#last;
    this.#last = this.#run(signal, pauseMs, before, work);
  }

  /** Gives way: what runs ends soon, what has not begun never begins. */
  cancel(): void {
    this.#newest.abort();
  }

  /** Gives way for good. */
  end(): void {
    this.#hasEnded = true;
    this.cancel();
  }

  /** Resolves once nothing runs and nothing is to begin. */
  async settled(): Promise<void> {
    await this.#last;
  }

  async #run(signal: AbortSignal, pauseMs: number, before: Promise<void>, work: Work): Promise<void> {
    await Promise.all([before, pause(pauseMs, signal)]);
    if (signal.aborted) return;
    try {
      await work(signal);
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** Ends early when the signal is aborted; keeps no process alive. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    signal.addEventListener('abort', end, { once: true });
  });
}

/** @returns a signal that is aborted so long after `signal` is */
export function longAfter(signal: AbortSignal, milliseconds: number): AbortSignal {
  const late = new AbortController();
  const wait = () => {
    setTimeout(() => {
      late.abort();
    }, milliseconds).unref();
  };
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return late.signal;
}
