/**
 * Writes the token sequence of one completion request from the model's own metadata.
 *
 * - suffix-first (spm): BOS PRE SUF suffix MID prefix — the model goes on writing after the prefix, so a keystroke only
 *   appends to the prompt. The order Code Llama was trained on as well (arXiv 2308.12950, section 2.3). A model that was
 *   trained to see the file's path (`hotset.prompt.path`) gets it as a line of its own in front of the prefix.
 * - prefix-first (psm): BOS PRE prefix SUF suffix MID.
 * - no infilling tokens: BOS prefix.
 *
 * Text from a document is never parsed for control tokens: a file that contains `<EOT>` is just text.
 */
import type { CompleteParams } from '../../protocol/requests.ts';
import type { NativeDescription, NativeModel } from '../addon.ts';
import { pathHeader } from './path-header.ts';
import { cutToBudget, type CountTokens, type PromptWindow } from './prompt-budget.ts';

type Vocabulary = Pick<NativeDescription, 'fim' | 'beginningOfSequence'>;
type Tokenize = (text: string) => ArrayLike<number>;

/** Control tokens of the longest form. */
const controlTokens = 4;
/** So much of the context is kept free at least: requests for more or fewer tokens then share their prompt's start. */
const reservedParts = 8;
/** Of the prompt, one part in so many may be the path: in a context so short, the code matters more. */
const headerParts = 4;
/** Should pieces of text tokenise to less than the whole, the window is cut again with so much less. */
const shrink = 0.9;

/** @param header tokens in front of the prefix; only suffix-first prompts have room for them */
export function fimPrompt(
  window: PromptWindow,
  vocabulary: Vocabulary,
  tokenize: Tokenize,
  header: ArrayLike<number> = [],
): Int32Array {
  const { fim, beginningOfSequence: bos } = vocabulary;
  const start = bos === null ? [] : [bos];
  const prefix = tokenize(window.prefix);
  if (fim === null) return joined(start, prefix);

  const suffix = tokenize(window.suffix);
  return fim.order === 'spm'
    ? joined(start, [fim.prefix, fim.suffix], suffix, [fim.middle], header, prefix)
    : joined(start, [fim.prefix], prefix, [fim.suffix], suffix, [fim.middle]);
}

export interface PromptSource {
  readonly native: Pick<NativeModel, 'tokenize'>;
  readonly description: Vocabulary & Pick<NativeDescription, 'contextLength'>;
  readonly count: CountTokens;
}

/** The text around a cursor, and the path of its file where that is known. */
export type PromptText = Pick<CompleteParams, 'prefix' | 'suffix' | 'path'>;

/**
 * The prompt for the text around a cursor, leaving room for `maxTokens` in the context.
 * @returns at most `contextLength - maxTokens` tokens; the same prompt for every `maxTokens` up to an eighth of the context
 */
export function promptFor(source: PromptSource, text: PromptText, maxTokens: number): Int32Array {
  const { native, description, count } = source;
  const reserve = Math.max(maxTokens, Math.floor(description.contextLength / reservedParts));
  const room = description.contextLength - reserve;
  const usedSuffix = description.fim === null ? '' : text.suffix;
  const tokenize = (piece: string) => native.tokenize(piece, false);
  const header = headerTokens(description, text.path ?? null, room, tokenize);

  let budget = room - controlTokens - header.length;
  for (;;) {
    const window = cutToBudget(text.prefix, usedSuffix, budget, count);
    const prompt = fimPrompt(window, description, tokenize, header);
    if (prompt.length <= room) return prompt;
    budget = Math.floor(budget * shrink);
  }
}

/** Whole or not at all: half a path names another file. */
function headerTokens(
  { fim }: Vocabulary,
  path: string | null,
  room: number,
  tokenize: Tokenize,
): ArrayLike<number> {
  if (fim?.order !== 'spm' || !fim.path || path === null) return [];
  const tokens = tokenize(pathHeader(path));
  return tokens.length <= room / headerParts ? tokens : [];
}

function joined(...parts: ArrayLike<number>[]): Int32Array {
  const whole = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
