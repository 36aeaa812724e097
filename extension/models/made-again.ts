/** What Hotset keeps in the user's cache folder because it can be made again. Models that were fetched are not among it. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

export interface CachedFile {
  readonly path: string;
  readonly bytes: number;
  readonly what: string;
}

interface Kind {
  /** In the cache folder; empty: the folder itself. */
  readonly folder: string;
  readonly name: RegExp;
  readonly what: string;
}

const kinds: readonly Kind[] = [
  { folder: 'packed', name: /\.packed\.gguf(\.\d+\.partial)?$/, what: 'packed rows of a model' },
  { folder: '', name: /\.neurons\.gguf(\.\d+\.partial)?$/, what: 'neurons of a model, arranged' },
  { folder: 'shapes', name: /\.gguf(\.\d+\.partial)?$/, what: 'benchmark shape' },
  { folder: '', name: /^device-rates\.json$/, what: "this machine's rates" },
];

/** By kind, then by name. */
export function cachedFiles(root = cacheFolder()): CachedFile[] {
  return kinds.flatMap(({ folder, name, what }) =>
    filesIn(join(root, folder))
      .filter((file) => name.test(file))
      .map((file) => join(root, folder, file))
      .map((path) => ({ path, bytes: lstatSync(path).size, what })),
  );
}

/**
 * Removes them. An engine that runs goes on with what it holds.
 * @returns those that could not be removed, as Windows has it while they are in use
 */
export function clearCache(files: readonly CachedFile[]): CachedFile[] {
  return files.filter(({ path }) => {
    try {
      rmSync(path, { force: true });
      return false;
    } catch {
      return true;
    }
  });
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
