/** Brackets across cursor and completion: which closers are superfluous, which stand right of the cursor already. */
import { closerOf, closers, endOfString, quotes, unmatchedBrackets } from '../bracket-scan.ts';
import type { Surroundings } from '../surroundings.ts';

/**
 * Where the text closes a bracket that nothing left open, or that the suffix closes: everything from there on belongs to
 * code that exists already.
 * @param overlap UTF-16 units right of the cursor that the text may say again
 * @returns index into `text`; its length when all its closers are wanted
 */
export function superfluousCloser(text: string, around: Surroundings, overlap: number): number {
  if (around.brackets === null) return text.length;

  const wanted = [...around.brackets.open];
  const closedBelow = around.brackets.closed.filter(({ index }) => index >= overlap);
  // The suffix closes the outermost ones, last; what remains is for the text to close, innermost first.
  for (const { closer } of closedBelow.toReversed()) {
    if (wanted[0] === closer) wanted.shift();
  }
  for (const { closer, index } of unmatchedBrackets(text).closed) {
    if (wanted.at(-1) !== closer) return index;
    wanted.pop();
  }
  return text.length;
}

/**
 * How much of the rest of the line the text says again, where that rest is closers only: `foo(|)` and `a, b)` is 1.
 * @param text on one or more lines
 * @returns UTF-16 units of `restOfLine`
 */
export function overlapWithRest(text: string, restOfLine: string): number {
  const rest = restOfLine.trimEnd();
  let depth = 0;
  let overlap = 0;
  for (let index = 0; index < text.length && overlap < rest.length; index++) {
    const character = text.charAt(index);
    if (depth === 0 && saysNext(text, index, rest.slice(overlap))) overlap++;
    else if (quotes.includes(character)) index = endOfString(text, index);
    else if (character in closerOf) depth++;
    else if (depth > 0 && closers.includes(character)) depth--;
  }
  return overlap;
}

/** A bracket or quote closes wherever it stands; a separator only at the end of its line, for it may separate anything. */
function saysNext(text: string, index: number, rest: string): boolean {
  const character = text.charAt(index);
  if (character !== rest[0]) return false;
  if (closers.includes(character) || quotes.includes(character)) return true;

  const lineEnd = text.indexOf('\n', index);
  return rest.startsWith(text.slice(index, lineEnd < 0 ? text.length : lineEnd));
}
