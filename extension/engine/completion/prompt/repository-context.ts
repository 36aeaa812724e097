/**
 * Pieces of other files in front of a prompt, as a model family was trained on whole repositories: the repository's name,
 * each file's path and text, then the file that is worked at. Qwen2.5-Coder's report (arXiv 2409.12186, section 3.1.2) has
 * this order; StarCoder 2 (arXiv 2402.19173, section 5.3) has it too, with other spellings.
 *
 * Paths and pieces are tokenised as text: what they say is never taken for control tokens.
 */
import type { NativeModel } from '../../addon.ts';
import type { Piece } from '../../context/piece.ts';
import { joined, type Tokenize } from './fim-prompt.ts';
import type { CountTokens } from './prompt-budget.ts';

/** Token ids. */
export interface RepositoryTokens {
  readonly repository: number;
  readonly file: number;
}

const spellings = [
  { repository: '<|repo_name|>', file: '<|file_sep|>' },
  { repository: '<repo_name>', file: '<file_sep>' },
];

/** @returns null for a model that was not trained on repositories */
export function repositoryTokens(native: Pick<NativeModel, 'tokenize'>): RepositoryTokens | null {
  for (const spelling of spellings) {
    const [repository, ...more] = native.tokenize(spelling.repository, true);
    const [file, ...others] = native.tokenize(spelling.file, true);
    const areTokens = more.length === 0 && others.length === 0;
    if (areTokens && repository !== undefined && file !== undefined) return { repository, file };
  }
  return null;
}

export interface RepositoryContext {
  /** Of the repository. */
  readonly name: string;
  /** Of the file that is worked at. */
  readonly path: string;
  readonly pieces: readonly Piece[];
}

export interface ContextTools {
  readonly tokens: RepositoryTokens;
  readonly tokenize: Tokenize;
}

/** Of a piece's path and separator, on average: it is known exactly only once it is clear which pieces share a file. */
const headingTokens = 4;

/** @returns what stands in front of the prompt; empty where there is no piece */
export function repositoryContext(
  { name, path, pieces }: RepositoryContext,
  { tokens, tokenize }: ContextTools,
): Int32Array {
  const files = byFile(pieces);
  if (files.length === 0) return new Int32Array(0);
  const parts = files.map((file) => joined([tokens.file], tokenize(`${file.path}\n${file.text}\n`)));
  return joined([tokens.repository], tokenize(`${name}\n`), ...parts, [tokens.file], tokenize(`${path}\n`));
}

/**
 * The ones wanted most, none of them in part, in their order, so that what is wanted more by and by moves nothing.
 * @param budget tokens, about
 */
export function fitting(pieces: readonly Piece[], budget: number, count: CountTokens): Piece[] {
  let left = budget;
  const kept = new Set<Piece>();
  for (const piece of pieces.toSorted((one, other) => other.weight - one.weight)) {
    const needed = tokensOf(piece, count);
    if (needed > left) continue;
    left -= needed;
    kept.add(piece);
  }
  return pieces.filter((piece) => kept.has(piece));
}

/** What pieces take of a prompt, about. */
export function piecesTokens(pieces: readonly Piece[], count: CountTokens): number {
  return pieces.reduce((sum, piece) => sum + tokensOf(piece, count), 0);
}

function tokensOf(piece: Piece, count: CountTokens): number {
  return count(`${piece.text}\n`) + headingTokens;
}

/** One heading for each file. */
function byFile(pieces: readonly Piece[]): { path: string; text: string }[] {
  const files = new Map<string, string>();
  for (const { path, text } of pieces) {
    const before = files.get(path);
    files.set(path, before === undefined ? text : `${before}\n${text}`);
  }
  return [...files].map(([path, text]) => ({ path, text }));
}
