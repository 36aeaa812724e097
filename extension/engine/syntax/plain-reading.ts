/** Reads text that no grammar reads: by what comments and strings look like in most languages. */
import { type Bracket, type Literal, openerOf, type Reading } from './reading.ts';

/**
 * One token at a time: comments, of which `#` and `--` need white space on both sides; strings in triple quotes, double
 * quotes, single quotes (those of a lifetime or inside a word are none) and backquotes, and regular expressions where
 * no value stands before them; brackets.
 */
const token = new RegExp(
  [
    /(?<comment>\/\*[^]*?(?:\*\/|(?![^]))|(?<!:)\/\/[^\n]*|(?<=^|\s)(?:#|--)(?=\s|!)[^\n]*)/,
    /(?<string>"""[^]*?(?:"""|(?![^]))|'''[^]*?(?:'''|(?![^]))|"(?:\\.|[^"\\\n])*"|(?<![\w&<])'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[=(,:!&|?{;[]\s*|return )\/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/)/,
    /(?<bracket>[()[\]{}])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

export function readPlainly(text: string): Reading {
  const brackets: Bracket[] = [];
  const literals: Literal[] = [];
  for (const { 0: said, index, groups } of text.matchAll(token)) {
    const kind = groups?.['comment'] !== undefined ? 'comment' : 'string';
    if (groups?.['bracket'] === undefined) literals.push({ start: index, end: index + said.length, kind });
    else brackets.push({ index, opener: openerOf(said) ?? said, opens: openerOf(said) === null });
  }
  return { brackets, literals, faults: [] };
}
