/** Which brackets of a piece of code have their partner outside it. */

export const closerOf: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
export const closers = ')]}';
export const quotes = '"\'`';

export interface UnmatchedBrackets {
  /** The closers that the openers left open ask for, outermost first. */
  readonly open: readonly string[];
  /** Closers without an opener, in the order they come, with their places. */
  readonly closed: readonly { readonly closer: string; readonly index: number }[];
}

/** Skips string literals that end on their own line; comments are read as code. */
export function unmatchedBrackets(text: string): UnmatchedBrackets {
  const open: string[] = [];
  const closed: { closer: string; index: number }[] = [];
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (quotes.includes(character)) index = endOfString(text, index);
    else if (character in closerOf) open.push(closerOf[character] ?? '');
    else if (!closers.includes(character)) continue;
    else if (open.at(-1) === character) open.pop();
    else closed.push({ closer: character, index });
  }
  return { open, closed };
}

/** Index of the closing quote; the opening quote's where the line has none, as with an apostrophe. */
export function endOfString(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let index = start + 1; index < text.length && text[index] !== '\n'; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === quote) return index;
  }
  return start;
}
