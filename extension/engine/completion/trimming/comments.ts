/** Comments and long strings across cursor and completion. */
import { literalAt } from '../../syntax/reading.ts';
import type { Surroundings } from '../surroundings.ts';
import type { JudgedText } from './judged-text.ts';
import { isBlank } from './lines.ts';

/**
 * Where the text ends the comment or long string that the cursor stands in, although the suffix ends it: what follows
 * would be code inside of it.
 * @returns index into `text`; its length when it does not
 */
export function superfluousCommentEnd(text: string, { commentEnd }: Surroundings): number {
  let end = commentEnd === null ? -1 : text.indexOf(commentEnd);
  while (end > 0 && commentEnd !== null && text.charAt(end - 1) === '\\')
    end = text.indexOf(commentEnd, end + 1);
  return end < 0 ? text.length : end;
}

/** Without a block comment that the text begins on a line of its own and does not end: it would swallow the code below. */
export function withoutOpenComment(text: string): string {
  const start = text.lastIndexOf('/*');
  if (start < 0 || text.includes('*/', start)) return text;

  const lineStart = text.lastIndexOf('\n', start) + 1;
  return isBlank(text.slice(lineStart, start)) ? text.slice(0, lineStart) : text;
}

/** Without last lines that begin a comment and say nothing. */
export function withoutEmptyComments(text: string): string {
  return text.replace(/(?:\n[ \t]*(?:#+|\/\/+|--|\/?\*+)?[ \t]*)+$/, '');
}

const startsComment = /^\s*(?:\/?\*|\/\/|#)/;

/** Stars and dashes in a comment that are neither its end nor a line across the page. */
export function isScribble({ text, reading, around }: JudgedText): boolean {
  const said = text.trim();
  if (!/^[^\p{L}\p{N}]{2,}$/u.test(said) || said.endsWith('*/')) return false;
  if (/^(?<ruler>[-=*#~_/+])\k<ruler>*$/.test(said)) return false;
  return (
    startsComment.test(around.linePrefix) || literalAt(reading, around.before.length)?.kind === 'comment'
  );
}
