/**
 * Writes the token sequence of one completion request from the model's own metadata: BOS PRE above SUF suffix MID recent,
 * or BOS and all of the prefix for a model without infilling tokens. With everything above the anchor this is the
 * prefix-first order (psm), with everything behind it the suffix-first order (spm), which Code Llama was trained on as well
 * (arXiv 2308.12950, section 2.3). A model that was trained to see the file's path (`hotset.prompt.path`) gets it as a line
 * of its own behind MID.
 *
 * Text from a document is never parsed for control tokens: a file that contains `<EOT>` is just text.
 */
import type { NativeDescription } from '../../addon.ts';

export type Vocabulary = Pick<NativeDescription, 'fim' | 'beginningOfSequence'>;
export type Tokenize = (text: string) => ArrayLike<number>;

/** The text of a prompt, parted at anchor and cursor. */
export interface PromptParts {
  /** The prefix up to the anchor. */
  readonly above: string;
  /** From the anchor to the cursor. */
  readonly recent: string;
  readonly suffix: string;
}

/** Control tokens of the longest form. */
export const controlTokens = 4;

export function fimPrompt(parts: PromptParts, vocabulary: Vocabulary, tokenize: Tokenize): Int32Array {
  const head = promptHead(parts, vocabulary, tokenize);
  const recent = vocabulary.fim === null ? parts.above + parts.recent : parts.recent;
  return joined(head, tokenize(recent));
}

/** Tokens beside those of the text itself. */
export interface Extras {
  /** Of other files, in front of it all. */
  readonly context: ArrayLike<number>;
  /** Of the path's line. */
  readonly header: ArrayLike<number>;
}

/** All that stands before T. */
export function promptHead(
  { above, suffix }: Omit<PromptParts, 'recent'>,
  { fim, beginningOfSequence: bos }: Vocabulary,
  tokenize: Tokenize,
  { context, header }: Extras = { context: [], header: [] },
): Int32Array {
  const start = bos === null ? [] : [bos];
  if (fim === null) return Int32Array.from(start);
  const before = above === '' ? [] : tokenize(above);
  return joined(start, context, [fim.prefix], before, [fim.suffix], tokenize(suffix), [fim.middle], header);
}

export function joined(...parts: ArrayLike<number>[]): Int32Array {
  const whole = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
