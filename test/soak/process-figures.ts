/** What a process holds and uses, as the system tells (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

const mebibyte = 1024;

export interface ProcessFigures {
  /** Mebibytes, with mapped files. */
  readonly resident: number;
  /** Mebibytes that nobody else could share and no file holds. */
  readonly own: number;
  readonly descriptors: number;
  readonly threads: number;
}

export function figuresOf(pid: number): ProcessFigures {
  const folder = `/proc/${String(pid)}`;
  const memory = readFileSync(`${folder}/smaps_rollup`, 'utf8');
  return {
    resident: kilobytes(memory, 'Rss') / mebibyte,
    own: kilobytes(memory, 'Private_Dirty') / mebibyte,
    descriptors: readdirSync(`${folder}/fd`).length,
    threads: readdirSync(`${folder}/task`).length,
  };
}

/** @returns milliseconds that all threads of the process have computed so far */
export function computedMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${String(pid)}/task`)) {
    nanoseconds += Number(scheduled(pid, thread).split(' ')[0]);
  }
  return nanoseconds / 1e6;
}

/** A thread may have ended since it was listed. */
function scheduled(pid: number, thread: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${thread}/schedstat`, 'utf8');
  } catch {
    return '0';
  }
}

function kilobytes(table: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(table)?.[1];
  if (found === undefined) throw new Error(`the system does not tell ${name} of a process`);
  return Number(found);
}
