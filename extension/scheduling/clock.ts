/** Time, as the scheduler reads it and waits for it. */

export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** @returns what calls it off */
  after(milliseconds: number, callback: () => void): { cancel(): void };
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
