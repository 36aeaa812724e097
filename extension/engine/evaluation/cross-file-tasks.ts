/** Tasks that ask for lines in which another file has a say. */
import { importedDeclarations } from '../context/declarations.ts';
import { countNames, namedIn, namesIn } from '../context/names.ts';
import type { SourceFile } from './held-out.ts';
import { type LineTask, lineTasks } from './line-tasks.ts';

const comment = /^\s*(?:\/\/|\/?\*|#(?!\s*include))/;
const importing = /^(?:import|from|#include)\b[^;]*?(?:;|$)/gm;
const quoted = /'[^']*'|"[^"]*"|`[^`]*`?|\/\/.*/g;
const insideWord = /[\p{L}\p{N}_$]$/u;

/**
 * Tasks as `lineTasks` draws them, with the cursor moved to a name that a file declares which this one imports, and that
 * this one says nowhere else but where it imports it.
 * @param all the files of all languages: headers are imported by files of another
 */
export async function crossFileTasks(
  files: readonly SourceFile[],
  all: readonly SourceFile[],
  count: number,
  seed: string,
): Promise<LineTask[]> {
  const texts = new Map(all.map(({ path, text }) => [path, text]));
  const foreign = new Map<string | null, ReadonlySet<string>>();
  for (const file of files) foreign.set(file.path, await foreignNames(file, texts));
  return lineTasks(files, count, seed, (task) => fromName(task, foreign.get(task.path) ?? new Set()));
}

async function foreignNames(file: SourceFile, texts: ReadonlyMap<string, string>): Promise<Set<string>> {
  const declarations = await importedDeclarations(file, (path) => texts.get(path) ?? null);
  const said = countNames(file.text);
  const imported = countNames((file.text.match(importing) ?? []).join('\n'));
  const isOnce = (name: string) => (said.get(name) ?? 0) - (imported.get(name) ?? 0) === 1;
  return new Set(declarations.flatMap(({ text }) => [...namesIn(text)].filter(isOnce)));
}

/** @returns null where the missing text says none of the names as code */
function fromName(task: LineTask, names: ReadonlySet<string>): LineTask | null {
  const { prefix, middle } = task;
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1) + middle;
  if (comment.test(line) || line.search(importing) === 0) return null;
  const code = middle.replace(quoted, (text) => ' '.repeat(text.length));
  for (const { name, index } of namedIn(code)) {
    const isWhole = index > 0 || !insideWord.test(prefix);
    if (!isWhole || !names.has(name)) continue;
    return { ...task, prefix: prefix + middle.slice(0, index), middle: middle.slice(index) };
  }
  return null;
}
