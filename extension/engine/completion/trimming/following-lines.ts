/** Ends a completion where it begins to say what the document says anyway. */
import { isBeforeLine, type Surroundings } from '../surroundings.ts';
import { branch, isDefinition, leading } from './definitions.ts';
import { type JudgedLine, type JudgedText, sayingLines, unmatched } from './judged-text.ts';
import { indentation, isBlank } from './lines.ts';

/** So many lines below the cursor's are compared with what the text says. */
const reach = 8;
/** Says nothing by itself: it is the document's only where it is the very next thing. */
const trivial =
  /^\W*(?:(?:else|try|finally|do|begin|end|fi|done|esac|then|break|continue|pass|default|return)\W*)?$/;
const opensMore = /(?:[([{:,]|\b(?:then|do))\s*$/;

/**
 * Where the text says again what stands below, in the same block: a statement with all that belongs to it, or the header
 * of the same function or class.
 * @returns index into the text; its length when nothing is said again, 0 when all of it is
 */
export function startOfFollowingLines(judged: JudgedText): number {
  const said = sayingLines(judged);
  const below = linesBelow(judged.around);
  const again = said.findIndex((_, index) => isSaidBelow(said.slice(index), below, judged));
  return said[again]?.start ?? judged.text.length;
}

/** The text may be put before the code of the cursor's own line. */
function linesBelow(around: Surroundings): string[] {
  const own = isBeforeLine(around) ? [around.linePrefix + around.restOfLine] : [];
  return [...own, ...around.linesBelow];
}

/** @param said the text from a line on */
function isSaidBelow(said: readonly JudgedLine[], below: readonly string[], judged: JudgedText): boolean {
  const [line] = said;
  if (line === undefined || !line.complete || isInOwnString(line, judged)) return false;
  // What a person has begun to write is only in vain where it is the very next line.
  const isBegun = line.start === 0 && !isBlank(judged.around.linePrefix);
  const nearby = isBegun ? 1 : reach;
  const within = line.depth === 0 ? nearby : hasBodyBelow(line, judged) ? 1 : 0;
  for (const [distance, other] of below.slice(0, within).entries()) {
    if (indentation(other) < line.indentation) return false;
    if (isSame(line.whole, other) && isSaidWhole(said, below, distance, judged.final))
      return distance === 0 || !isSaidOften(other, judged.around);
    if (branch.test(other)) return false;
  }
  return false;
}

/** What a document says over and over it may say once more. */
function isSaidOften(line: string, { linesAbove, linesBelow }: Surroundings): boolean {
  return [...linesAbove, ...linesBelow].filter((other) => isSame(line, other)).length > 1;
}

function isInOwnString({ literal }: JudgedLine, { around }: JudgedText): boolean {
  return literal?.kind === 'string' && literal.start >= around.before.length;
}

/** Whether what the text has opened up to a line goes on with what stands below already: there it is closed. */
function hasBodyBelow(line: JudgedLine, { lines, open, brackets, closed }: JudgedText): boolean {
  if (trivial.test(line.text)) return false;
  if (line.indentation > (lines[0]?.indentation ?? 0)) return true;
  const before = brackets.filter(({ index }) => index < line.start);
  return closed.length >= unmatched([...open, ...before]).open.length;
}

function isSame(line: string, other: string | undefined): boolean {
  return line.trimEnd() === other?.trimEnd();
}

/** @param distance of the line below that the text's first one is */
function isSaidWhole(
  said: readonly JudgedLine[],
  below: readonly string[],
  distance: number,
  final: boolean,
): boolean {
  const header = said[0]?.whole ?? '';
  const construct = constructAt(said);
  const isCutShort = construct.length === said.length && announcesMore(construct);
  // What belongs to it may still be written, and differ.
  if (isCutShort && !final) return false;
  // Or it stands below already, with a header of its own.
  const hasBody = distance > 0 && indentation(below[0] ?? '') > (said[0]?.indentation ?? 0);
  if (isCutShort && construct.length === 1 && hasBody) return false;

  if (isDefinition(header)) return true;
  if (construct.length === 1 && trivial.test(header)) return distance === 0;
  return construct.every(({ whole }, index) => {
    const other = below[distance + index];
    // The text's end may be half a line.
    return index === said.length - 1 && index > 0 ? other?.startsWith(whole) : isSame(whole, other);
  });
}

function announcesMore(construct: readonly JudgedLine[]): boolean {
  const last = construct.at(-1)?.whole ?? '';
  return opensMore.test(last) || leading.test(last);
}

/** The line, the annotations and comments in front of what they belong to, and all lines that are indented deeper. */
function constructAt(said: readonly JudgedLine[]): readonly JudgedLine[] {
  const base = said[0]?.indentation ?? 0;
  let end = 0;
  while (leading.test(said[end]?.whole ?? '')) end++;
  do end++;
  while ((said[end]?.indentation ?? -1) > base);
  return said.slice(0, end);
}
