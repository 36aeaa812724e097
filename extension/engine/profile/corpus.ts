/** The source files among files and folders, in an order that mixes folders. */
import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { EngineError } from '../errors.ts';
import { IgnoreRules } from './ignore-rules.ts';
import { languageOf } from './languages.ts';

export interface Corpus {
  /** For people; names no folder above the ones asked for. */
  readonly name: string;
  /** Files by language; any order of them is as good as another, and this one is the same every time. */
  readonly languages: ReadonlyMap<string, readonly string[]>;
}

/** What holds other people's code or none, and is never completed in. */
const neverEntered = new Set(['.git', '.hg', '.svn', 'node_modules']);
/** Files named outright are taken whatever their name. */
const otherLanguage = 'other';

/**
 * Folders are searched without what their ignore files leave out, symbolic links and files that are no source code by
 * their name; files are taken as they are named.
 * @throws EngineError where nothing is left or a path does not exist
 */
export function findCorpus(paths: readonly string[]): Corpus {
  const files = new Map<string, string>();
  for (const path of paths) {
    const absolute = resolve(path);
    const status = statSync(absolute, { throwIfNoEntry: false });
    if (status === undefined) throw new EngineError('badInput', `${path}: no such file or folder`);
    if (status.isDirectory()) addFolder(absolute, IgnoreRules.at(absolute), files);
    else files.set(absolute, languageOf(absolute) ?? otherLanguage);
  }
  if (files.size === 0) {
    throw new EngineError('badInput', `no source files in ${paths.join(', ')}: name other folders or files`);
  }
  const languages = byLanguage(files);
  const names = paths.map((path) => basename(resolve(path)));
  return { name: `${names.join(', ')} (${[...languages.keys()].join(', ')})`, languages };
}

function addFolder(folder: string, rules: IgnoreRules, files: Map<string, string>): void {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (neverEntered.has(entry.name) || rules.ignores(path, isFolder)) continue;
    if (isFolder) addFolder(path, rules.inside(path), files);
    const language = languageOf(path);
    if (entry.isFile() && language !== null) files.set(path, language);
  }
}

/** A folder that can't be read holds nothing for us. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function byLanguage(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const shuffled = [...files].map(([path, language]) => ({ path, language, place: placeOf(path) }));
  shuffled.sort((a, b) => (a.place < b.place ? -1 : 1));
  const languages = new Map<string, string[]>();
  for (const { path, language } of shuffled) {
    languages.set(language, [...(languages.get(language) ?? []), path]);
  }
  return new Map([...languages].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function placeOf(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}
