/** Brackets across cursor and completion: which closers are superfluous, which stand right of the cursor already. */
import { type Bracket, literalAt, openerOf } from '../../syntax/reading.ts';
import { type JudgedText, unmatched } from './judged-text.ts';
import { indentation } from './lines.ts';

/**
 * Where the text closes a bracket that nothing left open, or that the suffix closes: everything from there on belongs to
 * code that exists already.
 * @param overlap UTF-16 units right of the cursor that the text may say again
 * @returns index into the text; its length when all its closers are wanted
 */
export function superfluousCloser(judged: JudgedText, overlap: number): number {
  const superfluous = firstSuperfluous(judged, overlap);
  if (!judged.final) return superfluous;
  const fitting = longestFitting(judged, overlap);
  return fitting ?? superfluous;
}

/** The end of the longest beginning of the text that leaves open just what the suffix closes; null where there is none. */
function longestFitting(
  { text, open, brackets, closed, around }: JudgedText,
  overlap: number,
): number | null {
  const wanted = closed.filter(({ index }) => index >= overlap).map(({ opener }) => opener);
  for (let count = brackets.length; count >= 0; count--) {
    const next = brackets[count];
    if (next?.opens === true) continue;
    const { open: left, closed: superfluous } = unmatched([...open, ...brackets.slice(0, count)]);
    if (superfluous.length === 0 && isClosedBy(left, wanted, around.isWhole))
      return next?.index ?? text.length;
  }
  return null;
}

/** @param wanted openers of the closers behind the text, innermost first; in a part of a document, the outermost are missing */
function isClosedBy(open: readonly Bracket[], wanted: readonly string[], isWhole: boolean): boolean {
  const innermost = open.toReversed();
  if (isWhole && innermost.length !== wanted.length) return false;
  return wanted.every((opener, index) => (innermost[index]?.opener ?? opener) === opener);
}

/** Judged from the text's beginning. A line that closes one and opens another, as `} else {`, leaves the suffix what it had. */
function firstSuperfluous(judged: JudgedText, overlap: number): number {
  const open = openersToClose(judged, overlap).map(({ opener }) => ({ opener, isForSuffix: false }));
  let forSuffix = 0;
  for (const bracket of judged.brackets) {
    const { opener, index } = bracket;
    const last = open.at(-1);
    if (bracket.opens) {
      open.push({ opener, isForSuffix: forSuffix > 0 });
      forSuffix = Math.max(0, forSuffix - 1);
    } else if (last?.opener === opener && !last.isForSuffix) {
      open.pop();
    } else if (isReopened(bracket, judged)) {
      if (last?.isForSuffix === true) open.pop();
      forSuffix++;
    } else {
      return index;
    }
  }
  return judged.text.length;
}

function isReopened({ index, opener }: Bracket, { text, brackets }: JudgedText): boolean {
  const { start, text: line } = lineAt(text, index);
  const behind = brackets.filter((other) => other.index > index && other.index < start + line.length);
  return unmatched(behind).open[0]?.opener === opener;
}

/**
 * The brackets before the cursor that the text may close, outermost first: the suffix closes those outside of them. A closer
 * that begins its line belongs to a line of the same indentation; what says nothing by its column is counted.
 */
function openersToClose({ open, closed, around }: JudgedText, overlap: number): readonly Bracket[] {
  let left = open;
  for (const closer of closed.filter(({ index }) => index >= overlap).toReversed()) {
    const column = columnOf(closer, around.after);
    const partner = left.findIndex(
      ({ opener, index }) => opener === closer.opener && columnAt(around.before, index) === column,
    );
    if (partner >= 0) left = left.slice(partner + 1);
    else if (around.isWhole && left[0]?.opener === closer.opener) left = left.slice(1);
    else if (!around.isWhole && column === null) left = behindInnermost(left, closer.opener);
  }
  return left;
}

function behindInnermost(open: readonly Bracket[], opener: string): readonly Bracket[] {
  return open.slice(open.findLastIndex((bracket) => bracket.opener === opener) + 1);
}

/** The indentation of the line that the closer begins, maybe with others; null where it stands behind code. */
function columnOf({ index }: Bracket, after: string): number | null {
  const { start, text } = lineAt(after, index);
  const isFirst = start > 0 && /^\s*[)\]}]*$/.test(after.slice(start, index));
  return isFirst ? indentation(text) : null;
}

function columnAt(text: string, index: number): number {
  return indentation(lineAt(text, index).text);
}

function lineAt(text: string, index: number): { start: number; text: string } {
  const start = text.lastIndexOf('\n', index - 1) + 1;
  const feed = text.indexOf('\n', index);
  return { start, text: text.slice(start, feed < 0 ? text.length : feed) };
}

/**
 * How much of the rest of the line the text says again, where that rest is closers only: `foo(|)` and `a, b)` is 1.
 * @returns UTF-16 units of the rest of the line
 */
export function overlapWithRest({ text, brackets, reading, around }: JudgedText): number {
  const rest = around.restOfLine.trimEnd();
  const cursor = around.before.length;
  const closers = new Map(unmatched(brackets).closed.map(({ index }) => [index, true]));
  const opened = literalAt(reading, cursor);
  // A separator may separate anything: only at the end of its line's code it is the one behind the cursor.
  const codeToLineEnd = (index: number) => {
    const feed = text.indexOf('\n', index);
    const lineEnd = feed < 0 ? text.length : feed;
    const comment = reading.literals.find(({ kind, start }) => kind === 'comment' && start > cursor + index);
    return text.slice(index, Math.min(lineEnd, (comment?.start ?? Infinity) - cursor)).trimEnd();
  };
  let overlap = 0;
  for (let index = 0; index < text.length && overlap < rest.length; index++) {
    const next = rest.charAt(overlap);
    if (text.charAt(index) !== next) continue;
    const says = isBracket(next)
      ? closers.has(index)
      : isQuote(next)
        ? opened?.end === cursor + index + 1
        : rest.startsWith(codeToLineEnd(index), overlap) && literalAt(reading, cursor + index) === null;
    if (says) overlap++;
  }
  return overlap;
}

function isBracket(character: string): boolean {
  return openerOf(character) !== null;
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'" || character === '`';
}
