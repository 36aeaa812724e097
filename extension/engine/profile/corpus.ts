/** The source files among files and folders, in an order that mixes folders. */
import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { EngineError } from '../errors.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { languageOf } from './languages.ts';

export interface Corpus {
  /** For people; names no folder above the ones asked for. */
  readonly name: string;
  /**
   * Absolute paths by language, in an order that hangs on nothing but the files' names inside the folders asked for:
   * the same corpus gives the same order wherever it lies.
   */
  readonly languages: ReadonlyMap<string, readonly string[]>;
}

/** What holds other people's code or none, and is never completed in. */
const neverEntered = new Set(['.git', '.hg', '.svn', 'node_modules']);

/** @param name of a folder */
export function isNeverEntered(name: string): boolean {
  return neverEntered.has(name);
}

/** Files named outright are taken whatever their name. */
const otherLanguage = 'other';

interface SourceFile {
  readonly path: string;
  /** Inside the folder asked for, with `/`; a file asked for outright has its last name. */
  readonly name: string;
  readonly language: string;
}

/**
 * Folders are searched without what their ignore files leave out, symbolic links and files that are no source code by
 * their name; files are taken as they are named.
 * @throws EngineError where nothing is left or a path does not exist
 */
export function findCorpus(paths: readonly string[]): Corpus {
  const files = new Map<string, SourceFile>();
  for (const path of paths) {
    const absolute = resolve(path);
    const status = statSync(absolute, { throwIfNoEntry: false });
    if (status === undefined) throw new EngineError('badInput', `${path}: no such file or folder`);
    const found = status.isDirectory() ? filesIn(absolute) : [namedOutright(absolute)];
    for (const file of found) files.set(file.path, file);
  }
  if (files.size === 0) {
    throw new EngineError('badInput', `no source files in ${paths.join(', ')}: name other folders or files`);
  }
  const languages = byLanguage([...files.values()]);
  const names = paths.map((path) => basename(resolve(path)));
  return { name: `${names.join(', ')} (${[...languages.keys()].join(', ')})`, languages };
}

function namedOutright(path: string): SourceFile {
  return { path, name: basename(path), language: languageOf(path) ?? otherLanguage };
}

function filesIn(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  const search = (folder: string, rules: IgnoreRules) => {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      const isFolder = entry.isDirectory();
      if (isNeverEntered(entry.name) || rules.ignores(path, isFolder)) continue;
      if (isFolder) search(path, rules.inside(path));
      const language = languageOf(path);
      if (entry.isFile() && language !== null)
        files.push({ path, name: relative(root, path).replaceAll(sep, '/'), language });
    }
  };
  search(root, IgnoreRules.at(root));
  return files;
}

/** A folder that can't be read holds nothing for us. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function byLanguage(files: readonly SourceFile[]): Map<string, string[]> {
  const placed = files.map((file) => ({ ...file, place: placeOf(file.name) }));
  // Files of one name in several folders stay in the order of those.
  placed.sort((a, b) => Number(a.place > b.place) - Number(a.place < b.place));
  const languages = new Map<string, string[]>();
  for (const { path, language } of placed) {
    languages.set(language, [...(languages.get(language) ?? []), path]);
  }
  return new Map([...languages].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function placeOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
