/**
 * What an editor's prompts tell of other files: declarations of what the file imports, and in the room that these leave,
 * the pieces of open files that are most like what stands around the cursor.
 */
import type { CountTokens } from '../completion/prompt/prompt-budget.ts';
import { fitting, piecesTokens } from '../completion/prompt/repository-context.ts';
import type { Piece } from './piece.ts';

/** Less is no piece. */
const leastTokens = 64;

/** @param open pieces of open files, asked for only where there is room @param budget tokens, about */
export function editorPieces(
  declared: readonly Piece[],
  open: () => readonly Piece[],
  budget: number,
  count: CountTokens,
): Piece[] {
  const told = fitting(declared, budget, count);
  const left = budget - piecesTokens(told, count);
  return left < leastTokens ? told : [...told, ...fitting(open(), left, count)];
}
