/** A trace as Chrome's viewer and Perfetto read it: one row of bars for each device. */
import type { NativeTraceEvent } from './addon.ts';

/** Of the Trace Event Format: `X` is a bar, `M` names a row. */
type ChromeEvent = { readonly name: string; readonly pid: number; readonly tid: number } & (
  | { readonly ph: 'X'; readonly ts: number; readonly dur: number }
  | { readonly ph: 'M'; readonly args: { readonly name: string } }
);

export interface ChromeTrace {
  readonly traceEvents: readonly ChromeEvent[];
}

export function chromeTrace(events: readonly NativeTraceEvent[]): ChromeTrace {
  const devices = [...new Set(events.map(({ device }) => device))].sort();
  const rows = devices.map(
    (name, tid) => ({ name: 'thread_name', ph: 'M', pid: 1, tid, args: { name } }) as const,
  );
  const bars = events.map(
    ({ name, device, beginUs, endUs }) =>
      ({ name, ph: 'X', pid: 1, tid: devices.indexOf(device), ts: beginUs, dur: endUs - beginUs }) as const,
  );
  return { traceEvents: [...rows, ...bars] };
}
