/** The lines of a generated text, with what a rule needs to judge them. */

export interface Line {
  readonly text: string;
  /** Where it begins in the whole text, in UTF-16 units. */
  readonly start: number;
  /** Whether its end has been generated: a line still being written can't be compared. */
  readonly complete: boolean;
}

/** @param final whether nothing will be added to `text` */
export function linesOf(text: string, final: boolean): Line[] {
  const parts = text.split('\n');
  let start = 0;
  return parts.map((part, index) => {
    const line = { text: part, start, complete: final || index < parts.length - 1 };
    start += part.length + 1;
    return line;
  });
}

/**
 * The first lines of `text`. A line feed at its very start ends the cursor's line, not one of the text's own.
 * @param howMany 0: all
 */
export function firstLines(text: string, howMany: number): string {
  let end = text.startsWith('\n') ? 0 : -1;
  for (let line = 0; line < howMany; line++) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) return text;
  }
  return howMany === 0 ? text : text.slice(0, end);
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/** Columns of white space at the start; a tab counts as one, since only lines of one file are compared. */
export function indentation(line: string): number {
  return line.length - line.trimStart().length;
}
