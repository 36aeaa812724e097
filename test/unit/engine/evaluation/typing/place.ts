/** Places in a document that consists of nothing else. */
import type { TypingPlace } from '../../../../../extension/engine/evaluation/typing/policy.ts';

/** @param marked the text, with | where the cursor is */
export function placeOf(marked: string): TypingPlace {
  const cursor = marked.indexOf('|');
  return {
    prefix: marked.slice(0, cursor),
    suffix: marked.slice(cursor + 1),
    path: 'file.ts',
    document: 'file.ts',
    languageId: 'typescript',
    isPrefixWhole: true,
    isSuffixWhole: true,
  };
}
