/** Where the file may lie that an import statement names: places to try, the likeliest first. */
import { posix } from 'node:path';
import type { GrammarName } from '../syntax/languages.ts';
import type { Import } from '../syntax/outline.ts';

/** Relative to the workspace folder, with `/`. */
export type WorkspacePath = string;

/** A file that an import may mean, and what it takes from there. */
export interface ImportedFile extends Import {
  readonly path: WorkspacePath;
}

const scriptEnds = [
  '',
  '.ts',
  '.tsx',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '/index.ts',
  '/index.tsx',
  '/index.js',
];
const pythonEnds = ['.py', '/__init__.py', '.pyi'];
/** Where headers lie beside a folder. */
const includeFolders = ['', 'include', 'src'];

/**
 * @param path of the importing file
 * @returns for each file that may be meant its candidates; none for packages, which no path leads to
 */
export function importedFiles(path: WorkspacePath, grammar: GrammarName, what: Import): ImportedFile[][] {
  const folder = posix.dirname(path);
  if (grammar === 'python') return pythonModules(folder, what);
  const paths = grammar === 'cpp' ? headers(folder, what.path) : modules(folder, what.path);
  return [inWorkspace(paths, what.names)];
}

function modules(folder: string, path: string): string[] {
  if (!/^\.\.?\//.test(path)) return [];
  const base = posix.join(folder, path);
  // TypeScript's modules are imported by the name of what they compile to.
  const source = base.replace(/\.([cm]?)jsx?$/, '.$1ts');
  return [...new Set([base, source]), ...scriptEnds.map((end) => base + end)];
}

function headers(folder: string, path: string): string[] {
  return foldersAbove(folder).flatMap((above) =>
    includeFolders.map((include) => posix.join(above, include, path)),
  );
}

/** `from a import b`: b is something in a, or a module of that name in folder a. */
function pythonModules(folder: string, { path, names }: Import): ImportedFile[][] {
  const dots = /^\.*/.exec(path)?.[0].length ?? 0;
  const start = posix.join(folder, ...Array<string>(Math.max(0, dots - 1)).fill('..'));
  const module = path.slice(dots).replaceAll('.', '/');
  const bases = dots > 0 ? [start] : foldersAbove(folder);
  const places = (name: string) => bases.flatMap((base) => withEnds(posix.join(base, name), pythonEnds));
  const submodules = (names ?? []).map((name) => inWorkspace(places(posix.join(module, name)), null));
  return [inWorkspace(places(module), names), ...submodules];
}

function withEnds(base: string, ends: readonly string[]): string[] {
  return ends.map((end) => base + end);
}

function foldersAbove(folder: string): string[] {
  const above = [folder];
  for (let current = folder; current !== '.' && current !== '/';) {
    current = posix.dirname(current);
    above.push(current);
  }
  return above;
}

function inWorkspace(paths: readonly string[], names: Import['names']): ImportedFile[] {
  const inside = paths.filter((path) => !path.startsWith('../') && !path.startsWith('/'));
  return inside.map((path) => ({ path, names }));
}
