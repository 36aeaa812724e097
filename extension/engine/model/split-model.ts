/** Models that are divided into several files: whichever part a person chooses, the first one is loaded. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `NAME-00002-of-00003.gguf`, as llama.cpp names the parts. */
const partName = /^(?<name>.*)-\d{5}-of-(?<count>\d{5})\.gguf$/i;

/** @returns the path itself where it is no part; what it leads to counts where only the link is called otherwise */
export function firstPartOf(path: string): string {
  return firstPart(path) ?? (existsSync(path) ? firstPart(realpathSync(path)) : null) ?? path;
}

function firstPart(path: string): string | null {
  const { name, count } = partName.exec(basename(path))?.groups ?? {};
  if (name === undefined || count === undefined) return null;
  return join(dirname(path), `${name}-00001-of-${count}.gguf`);
}
