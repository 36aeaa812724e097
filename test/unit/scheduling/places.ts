/** Places and suggestions, written short. */
import type { Place, Suggestion } from '../../../extension/scheduling/place.ts';

/** @param text the document; `|` stands for the cursor */
export function placeAt(text: string, document = 'file:///workspace/a.py', languageId = 'python'): Place {
  const cursor = text.indexOf('|');
  return {
    document,
    languageId,
    path: 'a.py',
    prefix: text.slice(0, cursor),
    suffix: text.slice(cursor + 1),
    isPrefixWhole: true,
    isSuffixWhole: true,
  };
}

export function suggestionOf(text: string, overlap = 0): Suggestion {
  return { text, overlap, isOffered: text !== '', confidence: null };
}

/** The document once the suggestion has been accepted. */
export function accepted({ prefix, suffix }: Place, { text, overlap }: Suggestion): string {
  return prefix + text + suffix.slice(overlap);
}
