/** Ends a completion where it begins to say what the document says next anyway. */
import type { Surroundings } from '../surroundings.ts';
import { isBlank, linesOf } from './lines.ts';

/**
 * Where the text reaches the line below the cursor's.
 * @returns index into `text`; its length when nothing is said again, 0 when all of it is
 */
export function startOfFollowingLines(text: string, around: Surroundings, final: boolean): number {
  const next = around.linesBelow[0];
  if (next === undefined) return text.length;

  for (const [index, line] of linesOf(text, final).entries()) {
    const whole = index === 0 ? around.linePrefix + line.text : line.text;
    if (isBlank(line.text) || !line.complete) continue;
    if (saysTheSame(whole, next)) return line.start;
  }
  return text.length;
}

/** A lone bracket counts only at the same indentation: others of its kind close other blocks. */
function saysTheSame(line: string, next: string): boolean {
  const isBracket = /^\W{1,3}$/.test(next.trim());
  return isBracket ? line.trimEnd() === next.trimEnd() : line.trim() === next.trim();
}
