/** Small files that are replaced as a whole: whoever reads one meanwhile, or after a crash, finds the old or the new. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder where there is none.
 * @throws Error where it can't be written; then the file is as it was, and nothing else is left
 */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}`;
  try {
    writeFileSync(partial, text);
    renameSync(partial, path);
  } catch (error) {
    remove(partial);
    throw error;
  }
}

/** There may be none, or no right to remove it. */
function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // What was wrong first is what counts.
  }
}
