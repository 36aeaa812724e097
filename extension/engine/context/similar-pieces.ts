/** The stretches of other files that say most of what is said near the cursor: by the names in them (Jaccard's index). */
import { namesIn } from './names.ts';
import type { Piece } from './piece.ts';

/** Lines of a piece, and how far the next one begins behind it. */
const pieceLines = 20;
const step = 10;

/** Of a person's screen. */
const linesAbove = 20;
const linesBelow = 8;

export interface OpenFile {
  readonly path: string;
  readonly text: string;
}

/** What stands around a cursor, for {@link similarPieces}. */
export function nearestLines({
  prefix,
  suffix,
}: {
  readonly prefix: string;
  readonly suffix: string;
}): string {
  const above = prefix.split('\n').slice(-linesAbove);
  const below = suffix.split('\n').slice(0, linesBelow);
  return [...above, ...below].join('\n');
}

/** @returns pieces that don't overlap */
export function similarPieces(near: string, files: readonly OpenFile[]): Piece[] {
  const wanted = namesIn(near);
  return files.flatMap((file) => apart(piecesOf(file, wanted)));
}

interface Rated extends Piece {
  readonly line: number;
}

function piecesOf({ path, text }: OpenFile, wanted: ReadonlySet<string>): Rated[] {
  const lines = text.split('\n');
  const pieces: Rated[] = [];
  for (let line = 0; line < lines.length; line += step) {
    const said = lines
      .slice(line, line + pieceLines)
      .join('\n')
      .trimEnd();
    pieces.push({ path, text: said, line, weight: similarity(wanted, namesIn(said)) });
  }
  return pieces.filter((piece) => piece.weight > 0);
}

function apart(pieces: readonly Rated[]): Rated[] {
  const kept: Rated[] = [];
  for (const piece of pieces.toSorted(byWeight)) {
    if (kept.every(({ line }) => Math.abs(line - piece.line) >= pieceLines)) kept.push(piece);
  }
  return kept;
}

function byWeight(one: Piece, other: Piece): number {
  return other.weight - one.weight;
}

function similarity(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const name of one) if (other.has(name)) shared++;
  return shared / Math.max(1, one.size + other.size - shared);
}
