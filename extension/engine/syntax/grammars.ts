/** The grammars of the commonest languages, as WebAssembly of tree-sitter, each loaded when a document first asks for it. */
import { join } from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import { installationRoot } from '../installation.ts';
import { Grammar } from './grammar.ts';
import { grammarNameOf, type GrammarName, type LanguageHint } from './languages.ts';

const loading = new Map<GrammarName, Promise<Grammar>>();
let starting: Promise<void> | null = null;

/**
 * 1 to 30 ms for the first document of a language, none for others.
 * @returns null where no grammar reads the language: `readPlainly` does
 */
export async function grammarFor(hint: LanguageHint): Promise<Grammar | null> {
  const name = grammarNameOf(hint);
  if (name === null || Grammar.isBroken) return null;

  const grammar = loading.get(name) ?? load(name);
  loading.set(name, grammar);
  return await grammar;
}

async function load(name: GrammarName): Promise<Grammar> {
  const folder = join(installationRoot(import.meta.dirname), 'dist', 'grammars');
  starting ??= Parser.init({ locateFile: (file: string) => join(folder, file) });
  await starting;
  return new Grammar(name, await Language.load(join(folder, `tree-sitter-${name}.wasm`)));
}
