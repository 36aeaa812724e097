/** A text between code that stands there already: how it must end to fit. */
import type { Surroundings } from '../surroundings.ts';
import { indentation, isBlank } from './lines.ts';

/**
 * A text between two pieces of code on one line, without what stands right of the cursor already.
 * @returns empty when it says nothing else
 */
export function insideLine(text: string, around: Surroundings): string {
  const { restOfLine } = around;
  const rest = restOfLine.trim();
  const kept = text.trimEnd();
  if (kept === '' || saysRest(kept.trimStart(), rest)) return '';

  const fitted = kept.slice(0, kept.length - repeated(kept, rest, around));
  // The white space between both is said once.
  if (/^\s/.test(restOfLine) || isBlank(fitted)) return fitted.trimEnd();
  return fitted === kept ? text : fitted;
}

/** Whether `text` begins with `rest`, and does not lead to it once more as `x + ` does to `x`. */
function saysRest(text: string, rest: string): boolean {
  return text.startsWith(rest) && (text === rest || !/[-+*/%&|<>=,.?:]$/.test(text));
}

/** How many characters at the end of `text` are the beginning of `rest`: as many as leave the least that makes no sense. */
function repeated(text: string, rest: string, around: Surroundings): number {
  const lengths: number[] = [];
  for (let length = Math.min(text.length, rest.length); length > 0; length--) {
    if (text.endsWith(rest.slice(0, length))) lengths.push(length);
  }
  // One character in common is chance, unless it is all there is.
  const likeliest = lengths.find((length) => length >= Math.min(2, rest.length)) ?? 0;
  if (lengths.length === 0 || around.language === null) return likeliest;

  const faults = (length: number) => faultsWith(text.slice(0, text.length - length), around);
  return [likeliest, 0, ...lengths].reduce((best, length) => (faults(length) < faults(best) ? length : best));
}

/** UTF-16 units that make no sense once the text stands there. */
export function faultsWith(text: string, { read }: Surroundings): number {
  return read(text).faults.reduce((sum, { start, end }) => sum + Math.max(1, end - start), 0);
}

/** Ends where more must follow on the same line. */
const leadsOn = /(?:[\t ]|[-+*/%&|<=,.?:([{!~]|[-=]>)$/;

/**
 * A text before the code of a line: a line of its own above it, or, where that makes more sense, the beginning of that line.
 * @returns empty where neither is certain
 */
export function beforeLine(text: string, around: Surroundings): string {
  const said = text.trimEnd();
  if (said === '') return '';
  const above = `${said}\n${around.linePrefix}`;
  const endsLine = said.includes('\n') || text.slice(said.length).includes('\n');
  if (around.language === null) return endsLine ? above : '';

  const glued = said.includes('\n') ? '' : insideLine(text, around);
  const faultsAbove = faultsWith(above, around);
  const faultsGlued = glued === '' || endsLine ? Infinity : faultsWith(glued, around);
  if (Math.min(faultsAbove, faultsGlued) > faultsWith('', around)) return '';
  const isGlued = faultsGlued < faultsAbove || (faultsGlued === faultsAbove && leadsOn.test(text));
  return isGlued ? glued : above;
}

/**
 * A text before closing brackets that the editor inserted. On lines of its own, the bracket gets its header's column;
 * on the same line, the blanks in front of it stay where there are some behind the opener.
 */
export function beforeClosers(text: string, overlap: number, around: Surroundings): string {
  const said = text.trimEnd();
  if (said === '' || overlap > 0 || !/^[)\]}]/.test(around.restOfLine)) return said;
  if (/^[ \t]*\n/.test(text)) return `${said}\n${around.linePrefix.slice(0, indentation(around.linePrefix))}`;
  return /^[ \t]/.test(text) && !said.includes('\n')
    ? said + (/^[ \t]*/.exec(text.slice(said.length))?.[0] ?? '')
    : said;
}
