/** Ends a completion where the model has begun to run in circles. */
import { type JudgedText, sayingLines } from './judged-text.ts';
import { isBlank } from './lines.ts';

/** Lines in one turn of a loop. */
const longestLoop = 4;
/** Two equal turns in a row are a loop; three, where all its lines are as short as `break;` or a bracket. */
const turns = 2;
const turnsOfShortLines = 3;
/** Characters, white space around them not counted. */
const longestShortLine = 7;
/** A unit of this many characters, repeated so often at the end of the text, is one as well. */
const inlineLoop = /(?<unit>[^\n]{2,32}?)\k<unit>{4,}$/;
/** And one character so often, unless lines are drawn with it. */
const sameCharacter = /(?<character>[^\s\-=*#~_/+.<>^])\k<character>{7,}$/;
/** So many lines that only grow, and so many of one kind that no limit but ours ended, are a list without an end. */
const growingLines = 3;
const alikeLines = 4;

/** A line as it stands in the document, the first one with what is left of the cursor. */
interface WholeLine {
  readonly content: string;
  /** Where the text says it; 0 for the document's own. */
  readonly start: number;
}

/**
 * Where lines or a piece of a line are said for the second time, the document's line above included.
 * @returns index into the text; its length when it does not run in circles
 */
export function endOfFirstTurn(judged: JudgedText): number {
  const { text, around } = judged;
  const said = sayingLines(judged)
    .filter(({ complete }) => complete)
    .map(({ whole, start }) => ({ content: withoutSeparator(whole), start }));
  const lines = [{ content: withoutSeparator(lineAbove(said[0], judged)), start: 0 }, ...said];
  const growing = growingList(said, around.linePrefix === '');
  return Math.min(loopOfLines(lines) ?? text.length, growing ?? text.length, loopInLine(text));
}

/** The last item of a list is the same line without its comma. */
function withoutSeparator(line: string): string {
  return line.replace(/[\s,;]+$/, '');
}

/** The document's line above the text's first one. */
function lineAbove(first: WholeLine | undefined, { around }: JudgedText): string {
  const startsBelow = first !== undefined && first.start > 0 && !isBlank(around.linePrefix);
  return startsBelow ? around.linePrefix : (around.linesAbove.at(-1) ?? '');
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

/** Where the second of several lines begins that say the same with ever longer names. */
function growingList(lines: readonly WholeLine[], startsLine: boolean): number | undefined {
  const whole = startsLine ? lines : lines.slice(1);
  for (let first = 0; first + growingLines <= whole.length; first++) {
    const run = whole.slice(first, first + growingLines).map(({ content }) => wordsOf(content));
    if (run.every((words, index) => index === 0 || growsFrom(run[index - 1] ?? [], words)))
      return whole[first + 1]?.start;
  }
  return undefined;
}

function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function growsFrom(words: readonly string[], next: readonly string[]): boolean {
  if (words.length !== next.length || words.length < 3) return false;
  const isLonger = next.some((word, index) => word !== words[index]);
  return isLonger && next.every((word, index) => word.startsWith(words[index] ?? ' '));
}

/**
 * Where the second of several lines of one kind begins, at the end of a document, of a text that did not end by itself:
 * declarations nobody asked for.
 * @returns index into the text; its length when there is no such list
 */
export function listWithoutEnd(judged: JudgedText, ranOut: boolean): number {
  const { text, around } = judged;
  const lines = sayingLines(judged);
  const last = lines.at(-1);
  const isEnded = !ranOut && !text.endsWith('\n');
  if (isEnded || last === undefined || around.linesBelow.length > 0) return text.length;

  const kind = firstWords(last.whole);
  const first = lines.findLastIndex(({ whole }) => firstWords(whole) !== kind) + 1;
  const list = lines.slice(first);
  if (kind === '' || list.length < alikeLines || list.some(({ depth }) => depth > 0)) return text.length;
  const known = new Set(wordsOf(around.before));
  const areInvented = list
    .slice(1, ranOut ? -1 : list.length)
    .every(({ whole }) => wordsOf(whole).some((word) => /\p{L}/u.test(word) && !known.has(word)));
  return areInvented ? (list[1]?.start ?? text.length) : text.length;
}

function firstWords(line: string): string {
  return /^\s*[\p{L}_]\S*\s+[^\s:=(]*/u.exec(line)?.[0] ?? '';
}

/**
 * Where a piece of a line is said over and over at the text's end. Rulers such as `======` are no loops: their unit is one
 * character.
 * @returns index into `text`; its length when it does not run in circles
 */
export function loopInLine(text: string): number {
  const same = sameCharacter.exec(text);
  if (same !== null) return startOfLineAt(text, same.index);
  const match = inlineLoop.exec(text);
  const unit = match?.groups?.['unit'];
  if (match === null || unit === undefined || new Set(unit).size === 1) return text.length;
  // Half a line says nothing behind whole ones.
  const lineStart = startOfLineAt(text, match.index);
  return isBlank(text.slice(0, lineStart)) ? match.index + unit.length : lineStart;
}

function startOfLineAt(text: string, index: number): number {
  return text.lastIndexOf('\n', index) + 1;
}
