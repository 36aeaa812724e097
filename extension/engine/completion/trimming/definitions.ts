/** Functions, classes and the like, which nobody writes twice in one place. */
import { type JudgedLine, type JudgedText, sayingLines } from './judged-text.ts';
import { indentation } from './lines.ts';

/** An annotation or a comment belongs to what comes behind it. */
export const leading = /^\s*(?:@|#\[|\[\w|\/\/|\/\*|\*|#|--|<!--)/;
/** Where a preprocessor chooses, both sides may define the same. */
export const branch = /^\s*#\s*(?:if|ifdef|ifndef|else|elif|endif)\b/;

const modifiers =
  /(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|pub(?:\([^)]*\))?|unsafe|inline|extern|override|virtual|sealed|readonly|declare)\s+)*/;
const named =
  /(?:def|fn|func|function\*?|fun|class|struct|interface|enum|trait|type|record|object|protocol|sub|proc)\s+\S/;
/** `void swap(int *a, int *b) {` and a method without a keyword. */
const withBody =
  /(?!(?:if|for|foreach|while|switch|catch|else|return|do|try|with|using|lock|synchronized|match|loop|unless|until)\b)[\w:<>,*&~[\]\s]*\w\s*\([^;{}]*\)[\w\s:<>,*&|[\].?]*\{?$/;
const definition = new RegExp(`^\\s*${modifiers.source}(?:${named.source}|${withBody.source})`);
/** A call on a line of its own looks like one. */
const call = /^\s*(?:await\s+|new\s+)?[\w.:$]+\s*\([^{]*\)$/;

export function isDefinition(line: string): boolean {
  const content = line.trimEnd();
  return definition.test(content) && !call.test(content) && !content.endsWith(';');
}

/** Without what opens its body, which may stand on a line of its own. */
function withoutOpener(line: string): string {
  return line.replace(/\s*(?:\{|:)?\s*$/, '');
}

/**
 * Where the text defines again what the document defines in the same block, at whatever distance.
 * @returns index into the text; its length when it does not
 */
export function startOfKnownDefinition(judged: JudgedText): number {
  const { around, text } = judged;
  const said = sayingLines(judged);
  const above = around.linesAbove.toReversed();
  for (const [index, line] of said.entries()) {
    if (!line.complete || line.depth > 0 || line.literal !== null || !isDefinition(line.whole)) continue;
    if (isDefinedIn(above, line)) return said[startOfLeading(said, index)]?.start ?? line.start;
    // What the text says in front of it may be said of it.
    if (isDefinedIn(around.linesBelow, line)) return line.start;
  }
  return text.length;
}

/** @param lines of the document, nearest first */
function isDefinedIn(lines: readonly string[], { whole, indentation: column }: JudgedLine): boolean {
  for (const line of lines) {
    if (indentation(line) < column || branch.test(line)) return false;
    if (indentation(line) === column && isDefinition(line) && withoutOpener(line) === withoutOpener(whole))
      return true;
  }
  return false;
}

/** Comments and annotations go with the definition they stand in front of. */
function startOfLeading(said: readonly JudgedLine[], definition: number): number {
  let index = definition;
  while (index > 0 && leading.test(said[index - 1]?.whole ?? '')) index--;
  return index;
}
