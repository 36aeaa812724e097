/** The steps in which VS Code's "Accept Next Word" (Ctrl+Right) takes a suggestion. */

/** A word; blanks; or signs with the blanks behind them. */
const step = /[\p{L}\p{N}_$]+|\s+|[^\s\p{L}\p{N}_$]+\s*/gu;
/** Between two characters of a word, or two blanks. */
const insideStep = /^(?:[\p{L}\p{N}_$]{2}|\s\s)/u;

/**
 * The steps at the start of a suggestion that are right.
 * @param rest what is still to be typed; the beginning of a word or of its blanks is no right step
 */
export function rightSteps(suggestion: string, rest: string): string[] {
  const steps: string[] = [];
  let end = 0;
  for (const [piece] of suggestion.matchAll(step)) {
    if (!rest.startsWith(piece, end)) break;
    end += piece.length;
    if (insideStep.test(rest.slice(end - 1))) break;
    steps.push(piece);
  }
  return steps;
}
