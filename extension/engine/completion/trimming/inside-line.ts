/** A completion between two pieces of code on one line. */

/** The text without what stands right of the cursor already; empty when it says nothing else. */
export function withoutRestOfLine(text: string, restOfLine: string): string {
  const rest = restOfLine.trim();
  const kept = text.trimEnd();
  if (kept === '' || kept.trimStart().startsWith(rest)) return '';

  const fitted = kept.slice(0, kept.length - repeated(kept, rest));
  // The white space between both is said once.
  if (/^\s/.test(restOfLine)) return fitted.trimEnd();
  return fitted === kept ? text : fitted;
}

/** How many characters at the end of `text` are the beginning of `rest`. */
function repeated(text: string, rest: string): number {
  for (let length = Math.min(text.length, rest.length); length >= shortestRepeat(rest); length--) {
    if (text.endsWith(rest.slice(0, length))) return length;
  }
  return 0;
}

/** One character in common is chance, unless it is all there is. */
function shortestRepeat(rest: string): number {
  return Math.min(2, rest.length);
}
