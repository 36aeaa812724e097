/** Time that passes only when a test says so. */
import type { Clock, Timer } from '../../../extension/scheduling/clock.ts';

interface Alarm {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  #now = 0;
  #alarms: Alarm[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): Timer {
    const alarm = { at: this.#now + milliseconds, callback };
    this.#alarms.push(alarm);
    return {
      cancel: () => {
        this.#alarms = this.#alarms.filter((other) => other !== alarm);
      },
    };
  }

  /** Everything due meanwhile happens, each thing at its time. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let alarm = this.#nextUntil(end); alarm !== undefined; alarm = this.#nextUntil(end)) {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
      this.#now = alarm.at;
      alarm.callback();
      await settle();
    }
    this.#now = end;
  }

  #nextUntil(end: number): Alarm | undefined {
    return this.#alarms.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0];
  }
}

/** Lets all that waits for promises alone go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
