/** Waits on a condition, never on a clock. */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again every 50 ms until the answer is truthy, and returns it.
 * @throws Error naming `what` when `milliseconds` have passed
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  milliseconds = 20_000,
): Promise<Exclude<T, false | undefined | null | '' | 0>> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<T, false | undefined | null | '' | 0>;
    if (performance.now() > end) throw new Error(`waited ${String(milliseconds)} ms in vain: ${what}`);
    await sleep(50);
  }
}
