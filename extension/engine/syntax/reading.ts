/** What the tokens of a text say that its characters alone don't: which brackets are brackets, and what is no code. */

export interface Bracket {
  readonly index: number;
  /** `(`, `[` or `{`; a closer has the opener it asks for. */
  readonly opener: string;
  readonly opens: boolean;
}

export type LiteralKind = 'comment' | 'string';

/** A stretch of text, `[start, end)`; `code` is what stands inside a string to be computed. */
export interface Literal {
  readonly start: number;
  readonly end: number;
  readonly kind: LiteralKind | 'code';
}

export interface Reading {
  /** In the order of the text, those in comments and strings left out. */
  readonly brackets: readonly Bracket[];
  /** In the order of their starts; what stands inside another comes behind it. */
  readonly literals: readonly Literal[];
  /** Places that make no sense as code; empty where nobody looked for them. */
  readonly faults: readonly { readonly start: number; readonly end: number }[];
}

/** What the characters before and behind `index` both belong to: the innermost literal, or null for code. */
export function literalAt({ literals }: Reading, index: number): Literal | null {
  let innermost: Literal | null = null;
  for (const literal of literals) {
    if (literal.start >= index) break;
    if (literal.end > index) innermost = literal;
  }
  return innermost === null || innermost.kind === 'code' ? null : innermost;
}

const openers: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** @param closer one character */
export function openerOf(closer: string): string | null {
  return openers[closer] ?? null;
}
