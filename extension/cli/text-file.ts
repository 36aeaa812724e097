/** Text files that a command names. */
import { readFileSync, statSync } from 'node:fs';
import { UsageError } from './usage-error.ts';

/** @throws UsageError unless `file` is a file of UTF-8 text */
export function readText(file: string): string {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) throw new UsageError(`${file}: no such file`);
  if (status.isDirectory()) throw new UsageError(`${file} is a directory: name a file`);
  const bytes = readBytes(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not UTF-8 text: convert it first`);
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
