/** Places where a text may be cut: at line starts, and inside very long lines at whole code points. */

/** A stretch of text, `[start, end)` in UTF-16 units. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly startsLine: boolean;
}

/** Lines longer than this are cut in pieces, so that a minified file costs no more than any other. */
const longestSegment = 128;

/** The lines of `text`, each with its line feed, first one first. */
export function* segmentsForward(text: string): Generator<Segment> {
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed + 1;
    yield* segmentsOfLine(text, start, end);
    start = end;
  }
}

/** The lines of `text`, each with its line feed, last one first. */
export function* segmentsBackward(text: string): Generator<Segment> {
  let end = text.length;
  while (end > 0) {
    const start = end < 2 ? 0 : text.lastIndexOf('\n', end - 2) + 1;
    yield* segmentsOfLine(text, start, end).reverse();
    end = start;
  }
}

/** Pieces are counted from the line's start: typing at its end leaves the earlier ones alone. */
function segmentsOfLine(text: string, lineStart: number, lineEnd: number): Segment[] {
  const segments: Segment[] = [];
  let start = lineStart;
  while (start < lineEnd) {
    const end = Math.min(lineEnd, wholeCodePoint(text, start + longestSegment));
    segments.push({ start, end, startsLine: start === lineStart });
    start = end;
  }
  return segments;
}

/** `index`, or one more where it lies between the halves of a surrogate pair. */
function wholeCodePoint(text: string, index: number): number {
  const splits =
    isSurrogate(text.charCodeAt(index - 1), 0xd800) && isSurrogate(text.charCodeAt(index), 0xdc00);
  return splits ? index + 1 : index;
}

/** @param first of the 1,024 high (0xd800) or low (0xdc00) surrogates */
function isSurrogate(code: number, first: number): boolean {
  return code >= first && code < first + 0x400;
}
