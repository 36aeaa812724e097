/** What happens to an engine process from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../editor/until.ts';
import type { Workbench } from '../editor/workbench.ts';

/** Kills whichever engine is there after so many milliseconds, or the next that comes. @returns its process id */
export async function killAfter(workbench: Workbench, milliseconds: number): Promise<number> {
  await sleep(milliseconds);
  const pid = await until('an engine to kill', () => workbench.enginePids()[0]);
  signal(pid, 'SIGKILL');
  await until('the engine is gone', () => !workbench.enginePids().includes(pid));
  return pid;
}

/** The process may have ended by itself. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** @returns when another engine than `before` was there for the first time, on the clock of `performance` */
export async function returned(workbench: Workbench, before: number): Promise<number> {
  await until('another engine', () => workbench.enginePids().some((pid) => pid !== before), 60_000);
  return performance.now();
}
