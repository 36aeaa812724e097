/** Pieces of a corpus as the token sequences that a model meets while it completes. */
import type { NativeDescription } from '../addon.ts';
import { fimPrompt } from '../completion/prompt/fim-prompt.ts';
import { anchorIn, defaultForm } from '../completion/prompt/prompt-form.ts';
import type { Corpus } from './corpus.ts';
import { readSourceText } from './source-text.ts';

export interface WindowOptions {
  readonly vocabulary: Pick<NativeDescription, 'fim' | 'beginningOfSequence'>;
  readonly tokenize: (text: string) => Int32Array;
  /** Longest window, in tokens. */
  readonly length: number;
}

export interface Window {
  readonly language: string;
  readonly tokens: Int32Array;
}

/** Code has about so many: most pieces then fit their window, and little is cut off. */
const charactersPerToken = 3;
/** Shorter rests of a file are left out: a model starts to tell code apart after some tokens only. */
const fewestTokens = 16;
/** Of four windows, so many stand as a completion's prompt, where the model can infill; the rest as plain text. */
const infillingOfFour = 3;

/**
 * The languages take turns, so do the files of a language: their first pieces first. The same corpus gives the same
 * windows.
 */
export function* windowsOf(corpus: Corpus, options: WindowOptions): Generator<Window> {
  const size = options.length * charactersPerToken;
  const sources = [...corpus.languages].map(([language, files]) => ({
    language,
    pieces: piecesOf(files, size),
  }));
  let turn = 0;
  for (let open = sources; open.length > 0;) {
    const still: typeof sources = [];
    for (const source of open) {
      const next = source.pieces.next();
      if (next.done === true) continue;
      still.push(source);
      const tokens = promptOf(next.value, turn++, options);
      if (tokens.length >= fewestTokens) yield { language: source.language, tokens };
    }
    open = still;
  }
}

/** Whole lines, about `size` characters a piece: the first piece of every file, then the second of every file... */
function* piecesOf(files: readonly string[], size: number): Generator<string> {
  let open = files;
  for (let index = 0; open.length > 0; index++) {
    const still: string[] = [];
    for (const file of open) {
      const piece = pieceOf(readSourceText(file) ?? '', index, size);
      if (piece === null) continue;
      still.push(file);
      yield piece;
    }
    open = still;
  }
}

/** null behind the end; empty where one line is longer than a piece. */
function pieceOf(text: string, index: number, size: number): string | null {
  const start = lineStart(text, index * size);
  if (start >= text.length) return null;
  return text.slice(start, Math.max(start, lineStart(text, (index + 1) * size)));
}

/** The first beginning of a line at or after `offset`. */
function lineStart(text: string, offset: number): number {
  if (offset === 0) return 0;
  const feed = text.indexOf('\n', offset - 1);
  return feed < 0 ? text.length : feed + 1;
}

/** The cursor stands at three quarters of the piece, after a quarter of it or in its middle, in turn. */
function promptOf(piece: string, turn: number, { vocabulary, tokenize, length }: WindowOptions): Int32Array {
  const part = turn % 4;
  const infilling = part < infillingOfFour && vocabulary.fim !== null;
  const cursor = Math.round((piece.length * (part + 1)) / 4);
  const known = infilling ? vocabulary : { ...vocabulary, fim: null };
  const prefix = infilling ? piece.slice(0, cursor) : piece;
  const anchor = anchorIn(prefix, defaultForm(known.fim));
  const parts = { above: prefix.slice(0, anchor), recent: prefix.slice(anchor), suffix: piece.slice(cursor) };
  return fimPrompt(parts, known, tokenize).subarray(0, length);
}
