/** What of a generated text is worth showing: the same for the editor and for a terminal. */
import type { TrimRule } from '../../../protocol/figures.ts';
import { isBeforeLine, isInsideLine, isOnlyClosers, type Surroundings } from '../surroundings.ts';
import { overlapWithRest, superfluousCloser } from './brackets.ts';
import { isScribble, superfluousCommentEnd, withoutEmptyComments, withoutOpenComment } from './comments.ts';
import { startOfKnownDefinition } from './definitions.ts';
import { startOfFollowingLines } from './following-lines.ts';
import { endBeforeHeader } from './headers.ts';
import { endOfBlock, indentedTwice, movedLeft } from './indentation.ts';
import { type JudgedText, judgedText } from './judged-text.ts';
import { isBlank } from './lines.ts';
import { endOfCode, endOfText } from './no-code.ts';
import { beforeClosers, beforeLine, insideLine } from './placing.ts';
import { endOfFirstTurn, listWithoutEnd, loopInLine } from './repetition.ts';

export interface TrimmedText {
  readonly text: string;
  /** UTF-16 units right of the cursor that the text says again. */
  readonly overlap: number;
  /** The beginning of what was generated that says as much as the text. */
  readonly said: string;
  /** Why nothing is left of what was generated; only of an empty text. */
  readonly emptiedBy?: TrimRule;
}

function nothing(emptiedBy: TrimRule): TrimmedText {
  return { text: '', overlap: 0, said: '', emptiedBy };
}

/**
 * @param generated with the line feed that ended it, where one did
 * @param ranOut whether a limit ended the text, so that its last line may be half a line
 */
export function trimCompletion(generated: string, around: Surroundings, ranOut: boolean): TrimmedText {
  if (isBlank(generated)) return nothing('saidNothing');
  const columns = indentedTwice(generated, around);
  const sensible = generated.slice(0, endOfText(generated, around, true));
  if (isBlank(sensible)) return nothing('noCode');
  const judged = judgedText(movedLeft(sensible, columns, around), around, true);
  const list: Cut = { rule: 'repetition', at: listWithoutEnd(judged, ranOut) };
  const { at: cut, rule } = earliest([cutAt(judged), list]);
  if (isBlank(judged.text.slice(0, cut))) return nothing(rule);
  const whole = judged.text.slice(0, cut);
  const complete = ranOut && cut === judged.text.length ? withoutHalfLine(whole) : whole;
  const isBodyCut = !isBlank(judged.text.slice(cut)) || isBeforeLine(around);
  const text = complete.slice(0, endBeforeHeader(judged, complete.length, isBodyCut));
  if (isBlank(text)) return nothing('header');
  if (isScribble(judgedText(text, around, true))) return nothing('scribble');
  return shown(text, around, generated, columns);
}

function shown(text: string, around: Surroundings, generated: string, columns: number): TrimmedText {
  const { text: fitted, overlap } = placed(text, around);
  if (isGuessedCloser(fitted, around)) return nothing('closer');
  if (isBlank(fitted) || fitted === around.suffix.slice(0, overlap)) return nothing('standsThere');
  const lines = text.trimEnd().split('\n').length;
  const said = generated.slice(0, Math.min(fitted.length, text.trimEnd().length) + columns * lines);
  return { text: fitted, overlap, said };
}

function placed(text: string, around: Surroundings): { text: string; overlap: number } {
  if (isInsideLine(around)) return { text: insideLine(text, around), overlap: 0 };
  if (isBeforeLine(around)) return { text: beforeLine(text, around), overlap: 0 };

  const saying = withoutEmptyComments(withoutOpenComment(text));
  const overlap = overlapWithRest(judgedText(saying.trimEnd(), around, true));
  return { text: beforeClosers(saying, overlap, around), overlap };
}

/** Whether whatever the model says next would be cut away: generating can end. */
export function isFinished(generated: string, around: Surroundings): boolean {
  if (endOfText(generated, around, false) < generated.length) return true;
  const columns = indentedTwice(generated, around);
  const judged = judgedText(movedLeft(generated, columns, around), around, false);
  return cutAt(judged).at < judged.text.length;
}

/**
 * `isFinished` for a text that grows. Its place is judged where there is something new to judge: at a line's end and at its
 * first character; in between, only whether it makes any sense.
 */
export function finishWatch(around: Surroundings): (generated: string) => boolean {
  let judgedLines = '';
  let isDone = false;
  return (generated) => {
    const lastLine = generated.slice(generated.lastIndexOf('\n') + 1);
    const lines = `${generated.split('\n').length} ${isBlank(lastLine)}`;
    if (lines !== judgedLines) isDone = isFinished(generated, around);
    judgedLines = lines;
    return isDone || Math.min(endOfText(generated, around, false), loopInLine(generated)) < generated.length;
  };
}

interface Cut {
  readonly rule: TrimRule;
  /** Index into the text; its length where the rule has nothing against it. */
  readonly at: number;
}

function earliest(cuts: readonly [Cut, ...Cut[]]): Cut {
  return cuts.reduce((first, cut) => (cut.at < first.at ? cut : first));
}

function cutAt(judged: JudgedText): Cut {
  const { text, around, final } = judged;
  const feed = text.indexOf('\n');
  const lineEnd = isInsideLine(around) && feed >= 0 ? feed : text.length;
  const first = earliest([
    { rule: 'insideLine', at: lineEnd },
    { rule: 'block', at: endOfBlock(judged) },
    { rule: 'followingLines', at: startOfFollowingLines(judged) },
    { rule: 'knownDefinition', at: startOfKnownDefinition(judged) },
    { rule: 'repetition', at: endOfFirstTurn(judged) },
    { rule: 'comment', at: superfluousCommentEnd(text, around) },
    { rule: 'noCode', at: endOfCode(judged) },
  ]);
  const whole = text.slice(0, final ? first.at : Math.min(first.at, text.lastIndexOf('\n') + 1));
  const decided = judgedText(whole, around, final);
  const closer = superfluousCloser(decided, isInsideLine(around) ? 0 : overlapWithRest(decided));
  return closer < decided.text.length ? { rule: 'closer', at: closer } : first;
}

/** Closing brackets alone, where not enough is read to know which ones are open. */
function isGuessedCloser(text: string, { isWhole, after }: Surroundings): boolean {
  return !isWhole && isBlank(after) && isOnlyClosers(text) && /[)\]}]/.test(text);
}

function withoutHalfLine(text: string): string {
  const feed = text.lastIndexOf('\n');
  return isOneLine(text, feed) ? text : text.slice(0, feed);
}

/** A first line that is blank does not count: what follows it is all there is. */
function isOneLine(text: string, lastFeed: number): boolean {
  return isBlank(text.slice(0, Math.max(0, lastFeed)));
}
