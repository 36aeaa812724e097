/** What is left of a suggestion after some typing: the document that it leads to stays the same. */
import type { Change } from './change.ts';
import type { Suggestion } from './place.ts';

/**
 * @param suffix what stood right of the cursor where the suggestion was made
 * @returns null where what was typed is something else, or all of it
 */
export function restOf(suggestion: Suggestion, suffix: string, change: Change): Suggestion | null {
  const { text, overlap } = suggestion;
  const { typed, closed, typedOver } = change;
  if (!text.startsWith(typed) || typedOver > overlap) return null;

  const replaced = suffix.slice(typedOver, overlap);
  const [here, below] = splitAtLineEnd(closed + replaced);
  const rest = withoutEnding(text.slice(typed.length), below);
  // White space alone is nothing that anybody could see.
  if (rest.trim() === '') return null;
  if (saysInOrder(rest, here)) return { ...suggestion, text: rest, overlap: here.length };
  // The closers stay where they are, as long as that leaves them on the line that they close.
  return replaced === '' && !rest.includes('\n') ? { ...suggestion, text: rest, overlap: 0 } : null;
}

/** Only what stands on the cursor's line can be replaced; what stands below is left out of the text instead. */
function splitAtLineEnd(text: string): [here: string, below: string] {
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}

function saysInOrder(text: string, characters: string): boolean {
  let index = 0;
  for (const character of text) {
    if (character === characters[index]) index++;
  }
  return index === characters.length;
}

/** Without what the lines below say already: as many of their first characters as the text ends in, white space apart. */
function withoutEnding(text: string, below: string): string {
  if (below === '') return text;
  const characters = below.replace(/\s/g, '');
  for (let count = characters.length; count > 0; count--) {
    const start = startOfEnding(text, characters.slice(0, count));
    if (start !== null) return text.slice(0, start).trimEnd();
  }
  return text.trimEnd();
}

/** Where these characters begin, if the text ends in them, white space apart. */
function startOfEnding(text: string, characters: string): number | null {
  let start = text.length;
  for (let index = characters.length - 1; index >= 0; index--) {
    start = text.slice(0, start).trimEnd().length - 1;
    if (text[start] !== characters[index]) return null;
  }
  return start;
}
