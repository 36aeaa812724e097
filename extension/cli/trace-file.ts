/** `--trace`: when each device computed what, for Chrome's trace viewer and Perfetto. */
import { writeFileSync } from 'node:fs';
import type { NativeTraceEvent } from '../engine/addon.ts';
import { chromeTrace } from '../engine/chrome-trace.ts';

/** @param path from `outputPath` */
export function writeTrace(path: string, events: readonly NativeTraceEvent[]): void {
  writeFileSync(path, JSON.stringify(chromeTrace(events)) + '\n');
}
