/** Ends a completion where the model has begun to run in circles. */
import { isBlank, linesOf } from './lines.ts';

/** Lines in one turn of a loop. */
const longestLoop = 4;
/** So many equal turns in a row are a loop. */
const turns = 3;
/** A unit of this many characters, repeated so often at the end of the text, is one as well. */
const inlineLoop = /(?<unit>[^\n]{2,32}?)\k<unit>{4,}$/;

/**
 * Where the second turn of a loop begins.
 * @returns index into `text`; its length when it does not run in circles
 */
export function endOfFirstTurn(text: string, final: boolean): number {
  return Math.min(loopOfLines(text, final), loopInLine(text));
}

function loopOfLines(text: string, final: boolean): number {
  const lines = linesOf(text, final).filter((line) => line.complete && !isBlank(line.text));
  for (let first = 0; first < lines.length; first++) {
    for (let length = 1; length <= longestLoop; length++) {
      const second = lines[first + length];
      if (
        second !== undefined &&
        isLoop(
          lines.map(({ text }) => text),
          first,
          length,
        )
      )
        return second.start;
    }
  }
  return text.length;
}

function isLoop(lines: readonly string[], first: number, length: number): boolean {
  const last = first + length * turns;
  if (last > lines.length) return false;
  for (let index = first + length; index < last; index++) {
    if (lines[index] !== lines[index - length]) return false;
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
