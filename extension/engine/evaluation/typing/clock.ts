/** Time as the typist lives in it: the machine's own, or a test's. */
export interface Clock {
  /** Milliseconds since some moment in the past. */
  now(): number;
  /** Settles after so long, or at once when the signal is aborted; never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const wallClock: Clock = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, milliseconds));
      signal?.addEventListener('abort', wake);
    });
  },
};
