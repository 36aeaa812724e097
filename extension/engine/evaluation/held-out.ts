/** The files that a model is evaluated on, which it must not have been trained on. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import { EngineError } from '../errors.ts';
import { findCorpus } from '../profile/corpus.ts';
import { readSourceText } from '../profile/source-text.ts';
import type { Random } from './random.ts';

export interface SourceFile {
  /** Relative to the folder that was named, with `/`. */
  readonly path: string;
  /** Line ends are \n. */
  readonly text: string;
}

/** Files by language, in an order that depends on nothing but what they say. */
export type HeldOut = ReadonlyMap<string, readonly SourceFile[]>;

/**
 * @param paths files and folders; folders are searched as for a profile, and stand for a workspace each
 * @throws EngineError
 */
export function readHeldOut(paths: readonly string[]): HeldOut {
  const { languages } = findCorpus(paths);
  const workspaces = paths.map((path) => resolve(path)).filter((path) => statSync(path).isDirectory());
  const heldOut = new Map<string, SourceFile[]>();
  for (const [language, files] of languages) {
    const read = files.flatMap((file) => readFile(file, workspaces));
    if (read.length > 0) heldOut.set(language, ordered(read));
  }
  if (heldOut.size > 0) return heldOut;
  throw new EngineError('badInput', `no readable source text in ${paths.join(', ')}: name other files`);
}

function readFile(file: string, workspaces: readonly string[]): SourceFile[] {
  const text = readSourceText(file);
  if (text === null) return [];
  return [{ path: pathIn([...workspaces, process.cwd()], file), text: text.replaceAll('\r\n', '\n') }];
}

/** As an editor tells it that has one of `folders` open. */
function pathIn(folders: readonly string[], file: string): string {
  const folder = folders.find((candidate) => file.startsWith(candidate + sep));
  return folder === undefined ? basename(file) : relative(folder, file).replaceAll(sep, '/');
}

/** Files that say the same are one. */
function ordered(files: readonly SourceFile[]): SourceFile[] {
  const keyed = new Map(files.map((file) => [createHash('sha256').update(file.text).digest('hex'), file]));
  return [...keyed].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, file]) => file);
}

export interface Place {
  readonly file: SourceFile;
  /** UTF-16 units. */
  readonly offset: number;
}

/** Every character of all files is as probable as another. @param files at least one, none of them empty */
export function drawPlace(files: readonly SourceFile[], random: Random): Place {
  let offset = random.below(files.reduce((sum, { text }) => sum + text.length, 0));
  for (const file of files) {
    if (offset < file.text.length) return { file, offset };
    offset -= file.text.length;
  }
  throw new EngineError('internal', 'a place was drawn behind the last file');
}
