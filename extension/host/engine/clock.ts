/** Time, as something that a test can hold in its hands. */

export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** @returns ends the wait; does nothing when it is over */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};
