/**
 * Prompts for servers, of which nobody here knows the tokens: each character is one, and the control tokens are numbers that
 * no character has. So the same code writes prompts for servers and for models of our own, with its budgets in characters, and
 * what a document says is never taken for a control token.
 */

/** Characters; what a token stands for on average, in code. */
export const charactersPerToken = 3;

const beyondCharacters = 0x11_0000;

export const control = {
  prefix: beyondCharacters,
  suffix: beyondCharacters + 1,
  middle: beyondCharacters + 2,
  repository: beyondCharacters + 3,
  file: beyondCharacters + 4,
} as const;

/** By their most common spelling: what tells whether a model was trained on repositories. */
const spelled = new Map<string, number>([
  ['<|repo_name|>', control.repository],
  ['<|file_sep|>', control.file],
]);

/** @param parseSpecial whether text may be a control token's spelling */
export function textTokens(text: string, parseSpecial: boolean): Int32Array {
  const special = parseSpecial ? spelled.get(text) : undefined;
  if (special !== undefined) return Int32Array.of(special);
  return Int32Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

/** Control tokens are left out. */
export function textOf(tokens: Int32Array): string {
  let text = '';
  for (const token of tokens) if (token < beyondCharacters) text += String.fromCodePoint(token);
  return text;
}

export interface OtherText {
  readonly filename: string;
  readonly text: string;
}

/** What a prompt tells of other files. */
export interface TextContext {
  /** The repository's name. */
  readonly repository: string;
  readonly others: readonly OtherText[];
  /** Of the file that is worked at. */
  readonly path: string;
}

/** A prompt, taken apart again. */
export interface TextPrompt {
  /** null: it tells of no other file. */
  readonly context: TextContext | null;
  /** Up to the anchor. */
  readonly above: string;
  readonly suffix: string;
  /** From the anchor to the cursor. */
  readonly recent: string;
}

export function textPrompt(tokens: Int32Array): TextPrompt {
  const prefix = tokens.indexOf(control.prefix);
  const suffix = tokens.indexOf(control.suffix);
  const middle = tokens.indexOf(control.middle);
  return {
    context: contextIn(tokens.subarray(0, Math.max(0, prefix))),
    above: textOf(tokens.subarray(prefix + 1, suffix)),
    suffix: textOf(tokens.subarray(suffix + 1, middle)),
    recent: textOf(tokens.subarray(middle + 1)),
  };
}

/** The repository's name comes first, the path of the file that is worked at last. */
function contextIn(tokens: Int32Array): TextContext | null {
  const starts = [...tokens.keys()].filter((index) => tokens[index] === control.file);
  if (starts.length === 0) return null;
  const texts = starts.map((start, index) => textOf(tokens.subarray(start + 1, starts[index + 1])));
  return {
    repository: textOf(tokens.subarray(0, starts[0])).trimEnd(),
    others: texts.slice(0, -1).map((text) => {
      const feed = text.indexOf('\n');
      return { filename: text.slice(0, feed), text: text.slice(feed + 1) };
    }),
    path: (texts.at(-1) ?? '').trimEnd(),
  };
}
