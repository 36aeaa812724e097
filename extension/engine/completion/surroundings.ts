/** The text around a cursor, taken apart once for everything that judges a completion by it. */
import { LRUCache } from 'lru-cache';
import type { CompleteParams } from '../../protocol/requests.ts';
import type { Grammar } from '../syntax/grammar.ts';
import type { GrammarName } from '../syntax/languages.ts';
import { readPlainly } from '../syntax/plain-reading.ts';
import { literalAt, type Reading } from '../syntax/reading.ts';
import { isBlank } from './trimming/lines.ts';

export interface Surroundings {
  readonly suffix: string;
  /** The cursor's line left of the cursor. */
  readonly linePrefix: string;
  /** The cursor's line right of the cursor, without its line feed. */
  readonly restOfLine: string;
  /** The lines above the cursor's that are not blank, as many as are read, nearest last. */
  readonly linesAbove: readonly string[];
  /** The first lines below the cursor's line that are not blank. */
  readonly linesBelow: readonly string[];
  /** What ends the comment or long string that the cursor stands in, as the suffix does; null where it stands in none. */
  readonly commentEnd: string | null;
  /** As much of the text as is read, before the cursor and behind it. */
  readonly before: string;
  readonly after: string;
  /** Whether that is the whole document. */
  readonly isWhole: boolean;
  /** Written for people: sentences are welcome. */
  readonly isProse: boolean;
  /** null: read plainly. */
  readonly language: GrammarName | null;
  /** The reading of `before + text + after`. */
  readonly read: (text: string) => Reading;
}

/** More lines than a completion ever has. */
const mostLinesBelow = 64;
/** UTF-16 units that are read on each side: some 400 lines above and 200 below. A few milliseconds, once for each cursor. */
const longestBefore = 16_000;
const longestAfter = 8_000;
/** Texts tried at one cursor. */
const mostRemembered = 16;
/** What can be left open over several lines, and ends as it begins. */
const longQuotes = ['"""', "'''", '`'];

const proseLanguages = new Set(['html', 'latex', 'markdown', 'plaintext', 'restructuredtext', 'tex']);
const prosePath = /\.(?:adoc|html?|md|mdx|markdown|rst|tex|txt)$/i;

/** What is known of a document besides its text. */
export type DocumentHint = Pick<CompleteParams, 'path' | 'languageId' | 'isPrefixWhole' | 'isSuffixWhole'>;

/** @param grammar of the document's language; null: read plainly */
export function surroundingsOf(
  prefix: string,
  suffix: string,
  grammar: Grammar | null = null,
  { path, languageId, isPrefixWhole, isSuffixWhole }: DocumentHint = {},
): Surroundings {
  const before = prefix.slice(startOfWindow(prefix));
  const after = suffix.slice(0, endOfWindow(suffix));
  const lineStart = prefix.lastIndexOf('\n') + 1;
  const [restOfLine = '', ...below] = after.split('\n', mostLinesBelow);
  const read = remembered((text) => grammar?.read(before, text, after) ?? readPlainly(before + text + after));
  return {
    suffix,
    linePrefix: prefix.slice(lineStart),
    restOfLine,
    linesAbove: before.split('\n').slice(0, -1).filter(isSaying),
    linesBelow: below.filter(isSaying),
    commentEnd: endBelow(before, after, read),
    before,
    after,
    isWhole:
      before.length === prefix.length &&
      after.length === suffix.length &&
      isPrefixWhole !== false &&
      isSuffixWhole !== false,
    isProse: languageId === undefined ? prosePath.test(path ?? '') : proseLanguages.has(languageId),
    language: grammar?.name ?? null,
    read,
  };
}

/** Rules that judge the same text read it once. */
function remembered(read: (text: string) => Reading): (text: string) => Reading {
  const known = new LRUCache<string, Reading>({ max: mostRemembered, memoMethod: read });
  return (text) => known.memo(text);
}

function isSaying(line: string): boolean {
  return !isBlank(line);
}

/** Best where something begins behind a blank line, so that no comment or string is cut in two. */
function startOfWindow(prefix: string): number {
  const earliest = prefix.length - longestBefore;
  if (earliest <= 0) return 0;
  const beginning = /\n\n(?=[^\s)\]}])/g;
  beginning.lastIndex = earliest;
  const match = beginning.exec(prefix);
  if (match !== null && match.index < earliest + longestBefore / 2) return match.index + 2;
  const feed = prefix.indexOf('\n', earliest);
  return feed < 0 ? earliest : feed + 1;
}

function endOfWindow(suffix: string): number {
  if (suffix.length <= longestAfter) return suffix.length;
  const feed = suffix.lastIndexOf('\n', longestAfter);
  return feed < 0 ? longestAfter : feed + 1;
}

function endBelow(before: string, after: string, read: Surroundings['read']): string | null {
  const end = commentEndBelow(before, after) ?? longQuoteBelow(before, after);
  return end !== null && literalAt(read(''), before.length) !== null ? end : null;
}

function commentEndBelow(before: string, after: string): string | null {
  const isInComment = before.lastIndexOf('/*') > before.lastIndexOf('*/');
  const end = after.indexOf('*/');
  return isInComment && end >= 0 && !after.slice(0, end).includes('/*') ? '*/' : null;
}

function longQuoteBelow(before: string, after: string): string | null {
  return longQuotes.find((quote) => isOdd(before, quote) && isOdd(after, quote)) ?? null;
}

function isOdd(text: string, quote: string): boolean {
  return text.split(quote).length % 2 === 0;
}

/** Nothing but closing brackets, quotes and separators, which editors insert by themselves. */
export function isOnlyClosers(text: string): boolean {
  return /^[\s)\]}>"'`;,:]*$/.test(text);
}

/** Between code on both sides of the cursor, what the model says must fit. */
export function isInsideLine({ linePrefix, restOfLine }: Surroundings): boolean {
  return !isBlank(linePrefix) && !isOnlyClosers(restOfLine);
}

/** Before a line's code: what the model says belongs on lines of its own above it, or begins that line. */
export function isBeforeLine({ linePrefix, restOfLine }: Surroundings): boolean {
  return isBlank(linePrefix) && !isOnlyClosers(restOfLine);
}
