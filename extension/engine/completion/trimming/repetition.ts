/** Ends a completion where the model has begun to run in circles. */
import type { Surroundings } from '../surroundings.ts';
import { isBlank, linesOf } from './lines.ts';

/** Lines in one turn of a loop. */
const longestLoop = 4;
/** Two equal turns in a row are a loop; three, where all its lines are as short as `break;` or a bracket. */
const turns = 2;
const turnsOfShortLines = 3;
/** Characters, white space around them not counted. */
const longestShortLine = 7;
/** A unit of this many characters, repeated so often at the end of the text, is one as well. */
const inlineLoop = /(?<unit>[^\n]{2,32}?)\k<unit>{4,}$/;

/** A line as it stands in the document, the first one with what is left of the cursor. */
interface WholeLine {
  readonly content: string;
  /** Where the text says it; 0 for the document's own. */
  readonly start: number;
}

/**
 * Where lines or a piece of a line are said for the second time, the document's line above included.
 * @returns index into `text`; its length when it does not run in circles
 */
export function endOfFirstTurn(text: string, around: Surroundings, final: boolean): number {
  const said = linesOf(text, final)
    .filter((line) => line.complete && !isBlank(line.text))
    .map((line) => ({
      content: withoutSeparator(line.start === 0 ? around.linePrefix + line.text : line.text),
      start: line.start,
    }));
  const lines = [{ content: withoutSeparator(lineAbove(said[0], around)), start: 0 }, ...said];
  return Math.min(loopOfLines(lines) ?? text.length, loopInLine(text));
}

/** The last item of a list is the same line without its comma. */
function withoutSeparator(line: string): string {
  return line.replace(/[\s,;]+$/, '');
}

/** The document's line above the text's first one. */
function lineAbove(first: WholeLine | undefined, around: Surroundings): string {
  const startsBelow = first !== undefined && first.start > 0 && !isBlank(around.linePrefix);
  return startsBelow ? around.linePrefix : around.lineAbove;
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
  const turn = lines.slice(first, first + length);
  const isShort = turn.every(({ content }) => content.trim().length <= longestShortLine);
  const last = first + length * (isShort ? turnsOfShortLines : turns);
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
  // Half a line says nothing behind whole ones.
  const lineStart = text.lastIndexOf('\n', match.index) + 1;
  return text.slice(0, lineStart).trim() === '' ? match.index + unit.length : lineStart;
}
