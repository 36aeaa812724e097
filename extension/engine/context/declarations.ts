/** What a file imports from its workspace: the signatures, for a prompt. */
import { setImmediate as nextTurn } from 'node:timers/promises';
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

/**
 * Reads one file in each turn of the event loop: a completion may be asked for meanwhile.
 * @param signal aborted: what was found by then is returned
 * @returns in the order of the imports; what the file names oftenest is wanted most
 */
export async function importedDeclarations(
  file: ImportingFile,
  read: ReadFile,
  signal?: AbortSignal,
): Promise<Piece[]> {
  const grammar = await grammarFor(file);
  const outline = grammar?.outline(file.text) ?? null;
  if (grammar === null || outline === null) return [];

  const uses = countNames(file.text);
  const pieces: Piece[] = [];
  const places = outline.imports.flatMap((what) => importedFiles(file.path, grammar.name, what));
  for (const candidates of places.slice(0, mostFiles)) {
    await nextTurn();
    if (signal?.aborted === true) break;
    for (const { declaration, path } of await declarationsOf(candidates, read)) {
      const weight = Math.max(0, ...declaration.names.map((name) => uses.get(name) ?? 0));
      pieces.push({ path, text: declaration.text, weight });
    }
  }
  return pieces;
}

interface Imported {
  readonly path: WorkspacePath;
  readonly declaration: Declaration;
}

async function declarationsOf(candidates: readonly ImportedFile[], read: ReadFile): Promise<Imported[]> {
  for (const { path, names } of candidates) {
    const text = read(path);
    if (text === null) continue;
    const grammar = await grammarFor({ path });
    const declarations = grammar?.outline(text)?.declarations ?? [];
    return declarations
      .filter((declaration) => names === null || declaration.names.some((name) => names.includes(name)))
      .map((declaration) => ({ path, declaration }));
  }
  return [];
}
