/** The text around a cursor, taken apart once for everything that judges a completion by it. */
import { unmatchedBrackets, type UnmatchedBrackets } from './bracket-scan.ts';

export interface Surroundings {
  readonly suffix: string;
  /** The cursor's line left of the cursor. */
  readonly linePrefix: string;
  /** The cursor's line right of the cursor, without its line feed. */
  readonly restOfLine: string;
  /** The first lines below the cursor's line that are not blank. */
  readonly linesBelow: readonly string[];
  /** Open at the cursor, and closed below it; null where the document is too long to know. */
  readonly brackets: UnmatchedBrackets | null;
}

/** More lines than a completion ever has. */
const mostLinesBelow = 64;
const mostCharactersBelow = 16_384;
/** Beyond so many characters on one side, that side may have been cut off by the caller. */
const farthestBracket = 16_000;

export function surroundingsOf(prefix: string, suffix: string): Surroundings {
  const [restOfLine = '', ...below] = suffix.slice(0, mostCharactersBelow).split('\n', mostLinesBelow);
  return {
    suffix,
    linePrefix: prefix.slice(prefix.lastIndexOf('\n') + 1),
    restOfLine,
    linesBelow: below.filter((line) => line.trim() !== ''),
    brackets: bracketsAround(prefix, suffix),
  };
}

function bracketsAround(prefix: string, suffix: string): UnmatchedBrackets | null {
  if (prefix.length > farthestBracket || suffix.length > farthestBracket) return null;
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
