/** Files that an option names to be written, checked before anything is computed. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from './usage-error.ts';

/** @throws UsageError unless a file can be written there */
export function outputPath(option: string, text: string): string {
  const path = resolve(text);
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`--${option} ${text}: ${folder} is no folder that can be written to`);
  }
  if (text === '' || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--${option} ${text}: this is a folder; name a file`);
  }
  return path;
}
