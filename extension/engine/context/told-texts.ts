/** What a caller tells of other files itself, as much of it as a prompt has room for. */
import type { ToldText } from '../../protocol/requests.ts';
import { type CountTokens, keepStart } from '../completion/prompt/prompt-budget.ts';
import type { Piece } from './piece.ts';

/** Less of a text says nothing, in tokens. */
const leastWorthwhile = 32;

/**
 * The last ones, in their order, so that the order stays when one is added; of the first of them, its beginning.
 * @param budget tokens, about
 */
export function newest(told: readonly ToldText[], budget: number, count: CountTokens): Piece[] {
  const kept: Piece[] = [];
  let left = budget;
  for (const { path, text } of told.toReversed()) {
    if (left < leastWorthwhile) break;
    const fitting = keepStart(text, left, count);
    left -= count(fitting);
    if (fitting.trim() !== '') kept.unshift({ path, text: fitting, weight: 1 });
  }
  return kept;
}
