/** A completion between two pieces of code on one line. */

/** The text without what stands right of the cursor already; empty when it says nothing else. */
export function withoutRestOfLine(text: string, restOfLine: string): string {
  const rest = restOfLine.trim();
  const kept = text.trimEnd();
  if (kept.trimStart().startsWith(rest)) return '';

  for (let length = Math.min(kept.length, rest.length); length >= shortestRepeat(rest); length--) {
    if (kept.endsWith(rest.slice(0, length))) return kept.slice(0, kept.length - length);
  }
  return text;
}

/** One character in common is chance, unless it is all there is. */
function shortestRepeat(rest: string): number {
  return Math.min(2, rest.length);
}
