/** Time, as the scheduler reads it and waits for it. */
import { orAborted } from './abort.ts';

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  after(milliseconds: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return {
      cancel: () => {
        clearTimeout(timer);
      },
    };
  },
};

/** Ends early when the signal is aborted. */
export async function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  let cancel: () => void = () => undefined;
  const elapsed = new Promise<void>((resolve) => {
    const timer = clock.after(milliseconds, resolve);
    cancel = () => {
      timer.cancel();
    };
  });
  await orAborted(elapsed, signal);
  cancel();
}
