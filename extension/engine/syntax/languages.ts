/** Which grammar reads a document. */
import { extname } from 'node:path';

/** By the name of their file in `dist/grammars`. */
export const grammarNames = [
  ...(['bash', 'c-sharp', 'cpp', 'go', 'java', 'javascript'] as const),
  ...(['php', 'python', 'ruby', 'rust', 'tsx', 'typescript'] as const),
];
export type GrammarName = (typeof grammarNames)[number];

/** The grammar of C++ reads C as well. */
const byLanguageId: Readonly<Record<string, GrammarName>> = {
  c: 'cpp',
  cpp: 'cpp',
  csharp: 'c-sharp',
  'cuda-cpp': 'cpp',
  go: 'go',
  java: 'java',
  javascript: 'javascript',
  javascriptreact: 'javascript',
  php: 'php',
  python: 'python',
  ruby: 'ruby',
  rust: 'rust',
  shellscript: 'bash',
  typescript: 'typescript',
  typescriptreact: 'tsx',
};

const byExtension: Readonly<Record<string, GrammarName>> = {
  '.bash': 'bash',
  '.c': 'cpp',
  '.cc': 'cpp',
  '.cjs': 'javascript',
  '.cpp': 'cpp',
  '.cs': 'c-sharp',
  '.cts': 'typescript',
  '.cu': 'cpp',
  '.cxx': 'cpp',
  '.go': 'go',
  '.h': 'cpp',
  '.hh': 'cpp',
  '.hpp': 'cpp',
  '.hxx': 'cpp',
  '.java': 'java',
  '.js': 'javascript',
  '.jsx': 'javascript',
  '.mjs': 'javascript',
  '.mts': 'typescript',
  '.php': 'php',
  '.py': 'python',
  '.pyi': 'python',
  '.rb': 'ruby',
  '.rs': 'rust',
  '.sh': 'bash',
  '.ts': 'typescript',
  '.tsx': 'tsx',
};

/** What is known of a document's language. */
export interface LanguageHint {
  /** VS Code's language identifier. */
  readonly languageId?: string;
  readonly path?: string | null;
}

/** @returns null where no grammar reads the language, or nothing is known of it */
export function grammarNameOf({ languageId, path }: LanguageHint): GrammarName | null {
  if (languageId !== undefined) return byLanguageId[languageId] ?? null;
  return byExtension[extname(path ?? '').toLowerCase()] ?? null;
}
