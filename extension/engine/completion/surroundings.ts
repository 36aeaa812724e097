/** The text around a cursor, taken apart once for everything that judges a completion by it. */
import { unmatchedBrackets, type UnmatchedBrackets } from './bracket-scan.ts';

export interface Surroundings {
  readonly suffix: string;
  /** The cursor's line left of the cursor. */
  readonly linePrefix: string;
  /** The cursor's line right of the cursor, without its line feed. */
  readonly restOfLine: string;
  /** The last line above the cursor's line that is not blank; empty where there is none. */
  readonly lineAbove: string;
  /** The first lines below the cursor's line that are not blank. */
  readonly linesBelow: readonly string[];
  /** What ends the comment or long string that the cursor stands in, as the suffix does; null where it stands in none. */
  readonly commentEnd: string | null;
  /** Open at the cursor, and closed below it; null where the document is too long to know. */
  readonly brackets: UnmatchedBrackets | null;
}

/** More lines than a completion ever has. */
const mostLinesBelow = 64;
const mostCharactersBelow = 16_384;
const longQuotes = ['"""', "'''"];
/** Beyond so many characters on one side, that side may have been cut off by the caller: nothing in it can be counted. */
const longestCounted = 16_000;

export function surroundingsOf(prefix: string, suffix: string): Surroundings {
  const countable = prefix.length <= longestCounted && suffix.length <= longestCounted;
  const [restOfLine = '', ...below] = suffix.slice(0, mostCharactersBelow).split('\n', mostLinesBelow);
  return {
    suffix,
    linePrefix: prefix.slice(prefix.lastIndexOf('\n') + 1),
    restOfLine,
    lineAbove: lastLine(prefix.slice(0, prefix.lastIndexOf('\n') + 1)),
    linesBelow: below.filter((line) => line.trim() !== ''),
    commentEnd: commentEndBelow(prefix, suffix) ?? (countable ? longQuoteBelow(prefix, suffix) : null),
    brackets: countable ? bracketsAround(prefix, suffix) : null,
  };
}

function lastLine(text: string): string {
  const content = text.trimEnd();
  return content.slice(content.lastIndexOf('\n') + 1);
}

function commentEndBelow(prefix: string, suffix: string): string | null {
  const isInComment = prefix.lastIndexOf('/*') > prefix.lastIndexOf('*/');
  const end = suffix.indexOf('*/');
  return isInComment && end >= 0 && !suffix.slice(0, end).includes('/*') ? '*/' : null;
}

function longQuoteBelow(prefix: string, suffix: string): string | null {
  return longQuotes.find((quote) => isOdd(prefix, quote) && isOdd(suffix, quote)) ?? null;
}

function isOdd(text: string, quote: string): boolean {
  return text.split(quote).length % 2 === 0;
}

function bracketsAround(prefix: string, suffix: string): UnmatchedBrackets {
  return { open: unmatchedBrackets(prefix).open, closed: unmatchedBrackets(suffix).closed };
}

/** Nothing but closing brackets, quotes and separators, which editors insert by themselves. */
export function isOnlyClosers(text: string): boolean {
  return /^[\s)\]}>"'`;,:]*$/.test(text);
}

/** Inside a line: what the model says must fit between two pieces of existing code. */
export function isInsideLine(around: Surroundings): boolean {
  return !isOnlyClosers(around.restOfLine);
}
