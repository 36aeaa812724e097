/** Memory that a process shares with no other and that no file holds. */
import { readFileSync } from 'node:fs';

/** Bytes of this process; null where the system does not tell (Linux does). */
export function ownMemory(): number | null {
  try {
    return anonymousBytes(readFileSync('/proc/self/smaps_rollup', 'utf8'));
  } catch {
    return null;
  }
}

/** @param rollup what Linux says of all mappings together; null where that tells nothing */
export function anonymousBytes(rollup: string): number | null {
  const kibibytes = /^Anonymous: +(\d+) kB$/m.exec(rollup)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
