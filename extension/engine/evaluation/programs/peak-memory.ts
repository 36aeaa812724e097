/** The most memory that this process held since it was last asked to forget. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Starts anew. @returns false where the system can't (Linux can) */
export function forgetPeakMemory(): boolean {
  try {
    // "5" is Linux's word for it.
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

/** Bytes resident at once, files that are mapped included; null where the system does not tell. */
export function peakMemory(): number | null {
  try {
    return peakBytes(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return null;
  }
}

/** @param status what Linux says of a process; null where that tells nothing */
export function peakBytes(status: string): number | null {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}
