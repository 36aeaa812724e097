/** Indentation: where the block that the cursor stands in ends, and what is indented twice. */
import { literalAt } from '../../syntax/reading.ts';
import type { Surroundings } from '../surroundings.ts';
import { type JudgedText, unmatched } from './judged-text.ts';
import { indentation, isBlank, type Line } from './lines.ts';

/** Lines that carry on a block although they stand at the indentation of its header. */
const continuesBlock =
  /^(?:[)\]}]|end\b|else\b|elif\b|elsif\b|except\b|finally\b|catch\b|then\b|do\b|fi\b|done\b|esac\b|rescue\b|ensure\b|when\b|in\b)/;

/** A line that does nothing but close. */
const onlyCloses = /^\s*[)\]}][)\]};,]*\s*$/;

/** Lines whose column says nothing: the preprocessor's, and the labels of C and its kin. */
const preprocessor =
  /^\s*#\s?(?:if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma|error|region|endregion)\b/;
const label = /^\s*(?:case\b.*|default|public|private|protected|\w+)\s*:(?!:)/;
const withLabels = new Set(['c-sharp', 'cpp', 'java', 'javascript', 'tsx', 'typescript', 'go', 'php']);

/**
 * Where the text leaves the block of the cursor: behind the lines that close it, where it begins with them; at a line
 * indented less than the cursor's line (a bracket there still closes the block); or, once a block was opened behind
 * existing code, at the first line beside its header. Lines inside of strings and of brackets that the text opens are
 * where they are.
 * @returns index into the text; its length when it stays inside
 */
export function endOfBlock(judged: JudgedText): number {
  const { text, around, lines } = judged;
  const [first, ...rest] = lines;
  if (first === undefined) return 0;

  const startsOnBlankLine = isBlank(around.linePrefix);
  if (startsOnBlankLine && onlyCloses.test(first.text)) return endOfClosing(text, lines);

  const header = startsOnBlankLine ? first.whole : around.linePrefix;
  const base = indentation(header);
  const opened = openOnLine(judged);
  let insideBlock = false;
  for (const line of rest) {
    if (isBlank(line.text) || line.literal !== null || hasFreeColumn(line.text, judged)) continue;

    if (line.indentation < base && !isBlank(header) && line.depth === 0)
      return closes(line.text) ? line.start + line.text.length : line.start;
    const isInBrackets = line.depth > 0 || line.start <= closingIndex(judged, opened);
    if (line.indentation > base || isInBrackets) insideBlock = true;
    const leavesBlock = insideBlock && !startsOnBlankLine && !isInBrackets && line.indentation === base;
    if (leavesBlock && !continuesBlock.test(line.text.trimStart())) return line.start;
  }
  return text.length;
}

/** How many brackets the cursor's line leaves open left of the cursor. */
function openOnLine({ open, around }: JudgedText): number {
  const lineStart = around.before.length - around.linePrefix.length;
  return open.filter(({ index }) => index >= lineStart).length;
}

/** Where the text closes the first of the brackets that the cursor's line leaves open; -1 where there is none. */
function closingIndex({ text, brackets }: JudgedText, opened: number): number {
  if (opened === 0) return -1;
  let depth = opened;
  for (const { opens, index } of brackets) {
    depth += opens ? 1 : -1;
    if (depth === 0) return index;
  }
  return text.length;
}

function hasFreeColumn(line: string, { around: { language } }: JudgedText): boolean {
  if (language === null || language === 'cpp' || language === 'c-sharp') {
    if (preprocessor.test(line)) return true;
  }
  return language !== null && withLabels.has(language) && label.test(line);
}

function endOfClosing(text: string, lines: readonly Line[]): number {
  const saying = lines.filter((line) => !isBlank(line.text));
  const next = saying.findIndex((line) => !onlyCloses.test(line.text));
  // Behind a comma the list goes on.
  if (/,\s*$/.test(saying[next - 1]?.text ?? '')) return text.length;
  return saying[next]?.start ?? text.length;
}

function closes(line: string): boolean {
  return /^\s*[)\]}]/.test(line);
}

/** Opens a block, or a list that goes on below. */
const goesOn =
  /(?:[([{:,=\\|]|=>|->|\b(?:then|do|else|begin|try|of|in|loop)|&&|\|\||[-+*/.?])\s*$|^\s*(?:def|class|module|if|unless|while|until|case|when|for|begin|else|elsif|rescue|ensure|function)\b/;

/**
 * How many columns too far right the text begins: all those it adds itself where the cursor stands in the right column
 * already, beside its sibling or one step deeper than what opens its block.
 */
export function indentedTwice(text: string, around: Surroundings): number {
  const { linePrefix, linesAbove, before } = around;
  const first = text.slice(0, text.search(/\n|$/));
  const added = indentation(first);
  if (added === 0 || isBlank(first) || !isBlank(linePrefix) || linePrefix === '') return 0;
  if (literalAt(around.read(''), before.length) !== null) return 0;

  const above = linesAbove.at(-1) ?? '';
  const step = linePrefix.length - indentation(above);
  if (isInList(around)) return step === 0 && /,\s*$/.test(above) ? added : 0;
  const isInColumn = goesOn.test(above) ? isStep(step, around) : step === 0;
  return isInColumn ? added : 0;
}

/** Between parentheses or the like, and behind what a bracket is followed by, each item may have a column of its own. */
function isInList({ before, read }: Surroundings): boolean {
  const { open } = unmatched(read('').brackets.filter(({ index }) => index < before.length));
  const last = open.at(-1);
  return (
    last !== undefined &&
    (last.opener !== '{' || !isBlank(before.slice(last.index + 1).split('\n', 1)[0] ?? ''))
  );
}

/** Whether the document indents by so much: by what its lines are deeper than the ones above them. */
function isStep(columns: number, { linePrefix, linesAbove }: Surroundings): boolean {
  const code = linesAbove.filter((line) => !/^\s*\*/.test(line));
  const steps = code.flatMap((line, index) => {
    const step = indentation(line) - indentation(code[index - 1] ?? line);
    return step > 0 ? [step] : [];
  });
  const least = linePrefix.startsWith('\t') ? 1 : 2;
  return columns >= Math.min(...steps, steps.length === 0 ? least : Infinity);
}

/** The text that many columns further left; of the lines behind the first, only if all of them have that many to spare. */
export function movedLeft(text: string, columns: number, around: Surroundings): string {
  if (columns === 0) return text;
  const [first = '', ...rest] = text.split('\n');
  const least = around.linePrefix.length + columns;
  const areTooDeep = rest.every((line) => isBlank(line) || indentation(line) >= least);
  const moved = areTooDeep ? rest.map((line) => line.slice(columns)) : rest;
  return [first.slice(columns), ...moved].join('\n');
}
