/** Ends a completion where the block it began in ends. */
import type { Surroundings } from '../surroundings.ts';
import { indentation, isBlank, type Line, linesOf } from './lines.ts';

/** Lines that carry on a block although they stand at the indentation of its header. */
const continuesBlock =
  /^(?:[)\]}]|end\b|else\b|elif\b|elsif\b|except\b|finally\b|catch\b|then\b|do\b|fi\b|done\b|esac\b)/;

/** A line that does nothing but close. */
const onlyCloses = /^\s*[)\]}][)\]};,]*\s*$/;

/**
 * Where the text leaves the block of the cursor: behind the lines that close it, where it begins with them; at a line
 * indented less than the cursor's line (a bracket there still closes the block); or, once a block was opened behind
 * existing code, at the first line beside its header.
 * @returns index into `text`; its length when the text stays inside
 */
export function endOfBlock(text: string, around: Surroundings, final: boolean): number {
  const [first, ...rest] = linesOf(text, final);
  if (first === undefined) return 0;

  const startsOnBlankLine = isBlank(around.linePrefix);
  if (startsOnBlankLine && onlyCloses.test(first.text)) return endOfClosing(text, [first, ...rest]);

  const header = startsOnBlankLine ? around.linePrefix + first.text : around.linePrefix;
  const base = indentation(header);
  let insideBlock = false;
  for (const line of rest) {
    if (isBlank(line.text)) continue;

    const depth = indentation(line.text);
    if (depth < base && !isBlank(header))
      return closes(line.text) ? line.start + line.text.length : line.start;
    if (depth > base) insideBlock = true;
    const leavesBlock = insideBlock && !startsOnBlankLine && depth === base;
    if (leavesBlock && !continuesBlock.test(line.text.trimStart())) return line.start;
  }
  return text.length;
}

function endOfClosing(text: string, lines: readonly Line[]): number {
  return lines.find((line) => !isBlank(line.text) && !onlyCloses.test(line.text))?.start ?? text.length;
}

function closes(line: string): boolean {
  return /^\s*[)\]}]/.test(line);
}
