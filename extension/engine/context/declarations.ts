/** What a file imports from its workspace: the signatures, for a prompt. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FoundFile } from '../../protocol/requests.ts';
import { grammarFor } from '../syntax/grammars.ts';
import type { LanguageHint } from '../syntax/languages.ts';
import type { Declaration } from '../syntax/outline.ts';
import { importedFiles, type ImportedFile, type WorkspacePath } from './imported-files.ts';
import { countNames } from './names.ts';
import type { Piece } from './piece.ts';

/** null: there is no such file, or it must not be told of. */
export type ReadFile = (path: WorkspacePath) => string | null;

export interface ImportingFile extends LanguageHint {
  readonly path: WorkspacePath;
  readonly text: string;
}

/** What imports more than these is a list of files, and names few of them. */
const mostFiles = 40;

export interface Lookout {
  /** Files that somebody else found to be imported. */
  readonly found?: readonly FoundFile[];
  /** Aborted: what was found by then is returned. */
  readonly signal?: AbortSignal;
}

/**
 * Reads one file in each turn of the event loop: a completion may be asked for meanwhile.
 * @returns in the order of the imports, then of what was found, nothing twice; what the file names oftenest is wanted most
 */
export async function importedDeclarations(
  file: ImportingFile,
  read: ReadFile,
  { found = [], signal }: Lookout = {},
): Promise<Piece[]> {
  const uses = countNames(file.text);
  const pieces = new Map<string, Piece>();
  const places = [...(await importsOf(file)), ...found.map((one) => [one])];
  for (const candidates of places) {
    await nextTurn();
    if (signal?.aborted === true) break;
    for (const { declaration, path } of await declarationsOf(candidates, read)) {
      const { names, text } = declaration;
      const weight = Math.max(0, ...names.map((name) => uses.get(name) ?? 0));
      const key = `${path}\n${text}`;
      if (!pieces.has(key)) pieces.set(key, { path, text, weight });
    }
  }
  return [...pieces.values()];
}

/** For each import the files that it may mean. */
async function importsOf(file: ImportingFile): Promise<Candidate[][]> {
  const grammar = await grammarFor(file);
  const outline = grammar?.outline(file.text) ?? null;
  if (grammar === null || outline === null) return [];
  const places = outline.imports.flatMap((what) => importedFiles(file.path, grammar.name, what));
  return places.slice(0, mostFiles);
}

type Candidate = ImportedFile | FoundFile;

interface Imported {
  readonly path: WorkspacePath;
  readonly declaration: Declaration;
}

async function declarationsOf(candidates: readonly Candidate[], read: ReadFile): Promise<Imported[]> {
  for (const candidate of candidates) {
    const { path, names } = candidate;
    const text = read(path);
    if (text === null) continue;
    const declarations = toldBy(candidate) ?? (await outlined(path, text));
    return declarations
      .filter((declaration) => names === null || declaration.names.some((name) => names.includes(name)))
      .map((declaration) => ({ path, declaration }));
  }
  return [];
}

function toldBy(candidate: Candidate): Declaration[] | null {
  if (!('declarations' in candidate)) return null;
  return candidate.declarations.map(({ name, text }) => ({ names: [name], text }));
}

async function outlined(path: WorkspacePath, text: string): Promise<readonly Declaration[]> {
  const grammar = await grammarFor({ path });
  return grammar?.outline(text)?.declarations ?? [];
}
