/** Ends a completion where the model has begun to run in circles. */
import type { Surroundings } from '../surroundings.ts';
import { isBlank, linesOf } from './lines.ts';

/** Lines in one turn of a loop. */
const longestLoop = 4;
/** So many characters make a line worth saying only once. */
const shortestTwice = 8;
/** So many equal turns in a row are a loop. */
const turns = 3;
/** A unit of this many characters, repeated so often at the end of the text, is one as well. */
const inlineLoop = /(?<unit>[^\n]{2,32}?)\k<unit>{4,}$/;

/** A line as it stands in the document, the first one with what is left of the cursor. */
interface WholeLine {
  readonly content: string;
  /** Where the text says it. */
  readonly start: number;
}

/**
 * Where a line or a loop is said for the second time.
 * @returns index into `text`; its length when it does not run in circles
 */
export function endOfFirstTurn(text: string, around: Surroundings, final: boolean): number {
  const lines = linesOf(text, final)
    .filter((line) => line.complete && !isBlank(line.text))
    .map(({ text: said, start }) => ({ content: start === 0 ? around.linePrefix + said : said, start }));
  const twice = lines.find((line, index) => isSaidTwice(line, lines[index - 1]));
  return Math.min(twice?.start ?? text.length, loopOfLines(lines) ?? text.length, loopInLine(text));
}

/** The same line twice in a row, unless it is as short as `break;` or a bracket. */
function isSaidTwice({ content }: WholeLine, before: WholeLine | undefined): boolean {
  return content.trimEnd() === before?.content.trimEnd() && content.trim().length >= shortestTwice;
}

function loopOfLines(lines: readonly WholeLine[]): number | undefined {
  for (let first = 0; first < lines.length; first++) {
    for (let length = 1; length <= longestLoop; length++) {
      if (isLoop(lines, first, length)) return lines[first + length]?.start;
    }
  }
  return undefined;
}

function isLoop(lines: readonly WholeLine[], first: number, length: number): boolean {
  const last = first + length * turns;
  if (last > lines.length) return false;
  for (let index = first + length; index < last; index++) {
    if (lines[index]?.content !== lines[index - length]?.content) return false;
  }
  return true;
}

/** Rulers such as `======` are no loops: their unit is one character. */
function loopInLine(text: string): number {
  const match = inlineLoop.exec(text);
  const unit = match?.groups?.['unit'];
  if (match === null || unit === undefined || new Set(unit).size === 1) return text.length;
  return match.index + unit.length;
}
