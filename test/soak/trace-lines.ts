/** A trace as lines of the engine's log, and what two of its bars must never do. */
import type { NativeTraceEvent } from '../../extension/engine/addon.ts';

const mark = 'trace ';

/** Device, and when it began and ended, in microseconds. */
type Bar = readonly [device: string, beginUs: number, endUs: number];

export function lineOf(events: readonly NativeTraceEvent[]): string {
  return mark + JSON.stringify(events.map(({ device, beginUs, endUs }): Bar => [device, beginUs, endUs]));
}

/** Hears lines of the log. */
export class TraceCheck {
  bars = 0;
  /** Bars that began on a device before the one before had ended. */
  overlapping = 0;
  readonly #lastEnd = new Map<string, number>();

  hear(line: string): void {
    if (!line.startsWith(mark)) return;
    const bars = JSON.parse(line.slice(mark.length)) as Bar[];
    for (const [device, beginUs, endUs] of bars.toSorted((one, other) => one[1] - other[1])) {
      this.bars++;
      if (beginUs < (this.#lastEnd.get(device) ?? -Infinity)) this.overlapping++;
      this.#lastEnd.set(device, Math.max(endUs, this.#lastEnd.get(device) ?? endUs));
    }
  }
}
