/** What of a generated text is worth showing: the same for the editor and for a terminal. */
import { isInsideLine, isOnlyClosers, type Surroundings } from '../surroundings.ts';
import { overlapWithRest, superfluousCloser } from './brackets.ts';
import { superfluousCommentEnd, withoutEmptyComments, withoutOpenComment } from './comments.ts';
import { startOfFollowingLines } from './following-lines.ts';
import { endOfBlock } from './indentation.ts';
import { withoutRestOfLine } from './inside-line.ts';
import { endOfFirstTurn } from './repetition.ts';

export interface TrimmedText {
  readonly text: string;
  /** UTF-16 units right of the cursor that the text says again. */
  readonly overlap: number;
}

/** @param ranOut whether a limit ended the text, so that its last line may be half a line */
export function trimCompletion(generated: string, around: Surroundings, ranOut: boolean): TrimmedText {
  const cut = cutAt(generated, around, true);
  const whole = generated.slice(0, cut);
  const text = ranOut && cut === generated.length ? withoutHalfLine(whole) : whole;
  const fitted = isInsideLine(around)
    ? withoutRestOfLine(text, around.restOfLine)
    : withoutEmptyComments(withoutOpenComment(text)).trimEnd();

  const overlap = overlapOf(fitted, around);
  const addsNothing = fitted === around.suffix.slice(0, overlap) || isGuessedCloser(fitted, around);
  return addsNothing ? { text: '', overlap: 0 } : { text: fitted, overlap };
}

/** Whether whatever the model says next would be cut away: generating can end. */
export function isFinished(generated: string, around: Surroundings): boolean {
  return cutAt(generated, around, false) < generated.length;
}

/** @param final whether nothing will be added to `text` */
function cutAt(text: string, around: Surroundings, final: boolean): number {
  const feed = text.indexOf('\n');
  const lineEnd = isInsideLine(around) && feed >= 0 ? feed : text.length;
  const cut = Math.min(
    lineEnd,
    endOfBlock(text, around, final),
    startOfFollowingLines(text, around, final),
    endOfFirstTurn(text, around, final),
    superfluousCommentEnd(text, around),
  );
  // Half a string literal hides that the brackets in it are none.
  const judged = text.slice(0, final ? cut : Math.min(cut, text.lastIndexOf('\n') + 1));
  const closer = superfluousCloser(judged, around, overlapOf(judged, around));
  return closer < judged.length ? closer : cut;
}

/** Closing brackets alone, in a document too long to know which ones are open. */
function isGuessedCloser(text: string, { brackets }: Surroundings): boolean {
  return brackets === null && isOnlyClosers(text) && /[)\]}]/.test(text);
}

function overlapOf(text: string, around: Surroundings): number {
  return isInsideLine(around) ? 0 : overlapWithRest(text, around.restOfLine);
}

function withoutHalfLine(text: string): string {
  const feed = text.lastIndexOf('\n');
  return isOneLine(text, feed) ? text : text.slice(0, feed);
}

/** A first line that is blank does not count: what follows it is all there is. */
function isOneLine(text: string, lastFeed: number): boolean {
  return text.slice(0, Math.max(0, lastFeed)).trim() === '';
}
