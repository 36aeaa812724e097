/**
 * Which answers llama.vscode does not show, and what it cuts off of the others. Rewritten from a description of what the extension
 * does (version 0.0.63), for comparison.
 */

/** The lines around the cursor. */
export interface LinesAround {
  readonly left: string;
  readonly right: string;
  /** Below the cursor's line, as many as are looked at. */
  readonly below: readonly string[];
}

/** @param lines of the answer, without blank ones at its end */
export function isDiscarded(lines: readonly string[], around: LinesAround): boolean {
  const [first = '', ...others] = lines;
  if (lines.length === 0 || (lines.length === 1 && first.trim() === '')) return true;
  if (around.below.length === 0) return false;
  if (lines.length === 1 && first === around.right) return true;
  return repeatsBelow(first, others, around) || repeatsNextLine(first, others, around);
}

/** Nothing new on the cursor's line, and then the lines that follow it anyway. */
function repeatsBelow(first: string, others: readonly string[], { right, below }: LinesAround): boolean {
  return (first.trim() === '' || first === right) && others.length > 0 && startsWith(below, others);
}

/** With what stands left of the cursor it makes the next line that is not blank. */
function repeatsNextLine(first: string, others: readonly string[], { left, below }: LinesAround): boolean {
  const next = below.findIndex((line) => line.trim() !== '');
  if (next < 0 || left + first !== below[next]) return false;
  const [second] = others;
  const after = below.slice(next + 1);
  if (second === undefined) return true;
  return (others.length === 1 && after[0]?.startsWith(second) === true) || startsWith(after, others);
}

function startsWith(lines: readonly string[], start: readonly string[]): boolean {
  return start.every((line, index) => line === lines[index]);
}

export function withoutBlankEnd(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '');
  return lines.slice(0, last + 1);
}

/** Where something stands right of the cursor, a line at most: without that, where it ends so. */
export function fitted(lines: readonly string[], right: string): string {
  if (right.trim() === '') return lines.join('\n');
  const [first = ''] = lines;
  return first.endsWith(right) ? first.slice(0, first.length - right.length) : first;
}
