/** Headers of blocks whose body is not there. */
import { type JudgedText, sayingLines } from './judged-text.ts';
import { indentation, isBlank } from './lines.ts';

const opensBraces = /[{([]\s*$/;
/** Python's, and those of languages that no grammar reads. */
const opensIndented =
  /^\s*(?:(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b.*:)\s*(?:#.*)?$/;
const opensWords = /^\s*(?:(?:if|elif|else|while|until|for|case)\b.*\b)?(?:then|do|else)\s*$/;
const annotation = /^\s*(?:@|#\[|\[\w+.*\]\s*$)/;

/**
 * The text without last lines that only announce what is not said: headers, and annotations of nothing.
 * @param end of what is shown of the text
 * @param isBodyCut whether the body was said, and is not shown: then not even the header alone remains
 * @returns index into the text
 */
export function endBeforeHeader(judged: JudgedText, end: number, isBodyCut: boolean): number {
  const said = sayingLines(judged).filter(({ start }) => start < end);
  let kept = said.length;
  while (kept > 0 && announces(judged, said[kept - 1]?.whole ?? '', end)) kept--;
  if (kept === said.length) return end;
  if (kept === 0) return isBodyCut ? 0 : end;
  return said[kept]?.start ?? end;
}

function announces({ around, open, closed, brackets }: JudgedText, line: string, end: number): boolean {
  const below = around.linesBelow[0];
  if (below !== undefined && indentation(below) > indentation(line)) return false;
  if (annotation.test(line)) return below === undefined || isClosing(below);
  if (opensIndented.test(line)) return true;
  if (opensWords.test(line)) return true;
  if (!opensBraces.test(line)) return false;
  const left = brackets
    .filter(({ index }) => index < end)
    .reduce((depth, { opens }) => depth + (opens ? 1 : -1), 0);
  return open.length + left > closed.length;
}

function isClosing(line: string): boolean {
  return isBlank(line.replace(/[)\]}]/g, ''));
}
