/** Comments and long strings across cursor and completion. */
import type { Surroundings } from '../surroundings.ts';

/**
 * Where the text ends the comment or long string that the cursor stands in, although the suffix ends it: what follows
 * would be code inside of it.
 * @returns index into `text`; its length when it does not
 */
export function superfluousCommentEnd(text: string, { commentEnd }: Surroundings): number {
  const end = commentEnd === null ? -1 : text.indexOf(commentEnd);
  return end < 0 ? text.length : end;
}

/** Without last lines that begin a comment and say nothing. */
export function withoutEmptyComments(text: string): string {
  return text.replace(/(?:\n[ \t]*(?:#+|\/\/+|--|\/?\*+)?[ \t]*)+$/, '');
}
