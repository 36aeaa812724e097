/** Which programming language a file's name stands for. */
import { extname } from 'node:path';

const extensions: Readonly<Record<string, readonly string[]>> = {
  C: ['.c', '.h'],
  'C#': ['.cs'],
  'C++': ['.cc', '.cpp', '.cxx', '.hh', '.hpp', '.hxx'],
  Clojure: ['.clj', '.cljs'],
  CSS: ['.css', '.less', '.scss'],
  Dart: ['.dart'],
  Elixir: ['.ex', '.exs'],
  Erlang: ['.erl', '.hrl'],
  Fortran: ['.f90', '.f95'],
  Go: ['.go'],
  Haskell: ['.hs'],
  HTML: ['.htm', '.html'],
  Java: ['.java'],
  JavaScript: ['.cjs', '.js', '.jsx', '.mjs'],
  Julia: ['.jl'],
  Kotlin: ['.kt', '.kts'],
  Lua: ['.lua'],
  OCaml: ['.ml', '.mli'],
  Perl: ['.pl', '.pm'],
  PHP: ['.php'],
  Python: ['.py', '.pyi'],
  R: ['.r'],
  Ruby: ['.rb'],
  Rust: ['.rs'],
  Scala: ['.scala'],
  Shell: ['.bash', '.sh', '.zsh'],
  SQL: ['.sql'],
  Swift: ['.swift'],
  TypeScript: ['.cts', '.mts', '.ts', '.tsx'],
  Vue: ['.vue'],
  Zig: ['.zig'],
};

const languageOfExtension = new Map(
  Object.entries(extensions).flatMap(([language, names]) => names.map((name) => [name, language])),
);

/** null: no source code as far as the name tells. */
export function languageOf(path: string): string | null {
  return languageOfExtension.get(extname(path).toLowerCase()) ?? null;
}

/** Where VS Code's identifier is not the language's name in small letters. */
const otherIds: Readonly<Record<string, string>> = { 'C#': 'csharp', 'C++': 'cpp', Shell: 'shellscript' };

/** VS Code's language identifier, as a file's name tells it. */
export function languageIdOf(path: string): string {
  const language = languageOf(path);
  if (language === null) return 'plaintext';
  if (path.endsWith('x') && /^(Type|Java)Script$/.test(language)) return `${language.toLowerCase()}react`;
  return otherIds[language] ?? language.toLowerCase();
}
