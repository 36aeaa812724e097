/** `hotset cache`: what is kept because it can be made again, and its removal. */
import { cachedFiles, clearCache, type CachedFile } from '../models/made-again.ts';
import { memorySize } from '../engine/placement/budget.ts';
import { parse } from './options.ts';
import { table } from './table.ts';
import { UsageError } from './usage-error.ts';

export const cacheHelp = `hotset cache [options]

What is kept in the user's cache folder because it can be made again: a model's rows in the form that this engine
multiplies with, which makes it load in half a second and share its memory with other windows; shapes for benchmarks; this
machine's rates. Models that were fetched are not among it. Rows of models that were not used for long make room by
themselves when the disk is nearly full.

  --clear                remove all of it
  --json                 an array of files`;

const optionTypes = {
  clear: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError */
export function cacheCommand(args: readonly string[]): void {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')}: cache takes options alone`);
  const files = cachedFiles();
  const inUse = values.clear ? clearCache(files) : [];
  if (inUse.length > 0) {
    throw new UsageError(
      `${inUse.map(({ path }) => path).join(', ')}: in use; close the editor and try again`,
    );
  }
  process.stdout.write(values.json ? JSON.stringify(files, null, 2) + '\n' : report(files, values.clear));
}

function report(files: readonly CachedFile[], isCleared: boolean): string {
  if (files.length === 0) return 'Nothing is kept.\n';
  const total = memorySize(files.reduce((sum, { bytes }) => sum + bytes, 0));
  const rows = files.map(({ path, bytes, what }) => [memorySize(bytes), what, path]);
  return `${table(rows)}\n${isCleared ? 'Removed' : 'In all'}: ${total}\n`;
}
