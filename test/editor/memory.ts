/** What a process really costs, shared pages split among those that share them (Linux). */
import { readFileSync } from 'node:fs';

/** @returns proportional set size of the process, in MiB */
export function memoryOf(pid: number): number {
  const rollup = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  if (kilobytes === undefined)
    throw new Error(`the system does not tell the memory of process ${String(pid)}`);
  return Math.round(Number(kilobytes) / 1024);
}
