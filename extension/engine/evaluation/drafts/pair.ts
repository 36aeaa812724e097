/** One completion decoded twice, with drafts and without: the same tokens, in less time. */
import type { Drafts } from '../../../protocol/figures.ts';
import type { NativeGeneration, NativeModel } from '../../addon.ts';
import type { Prompt } from '../../completion/prompt/document-prompts.ts';

export interface Pair {
  readonly tokens: number;
  /** With drafts; one a token without. */
  readonly passes: number;
  /** Until the last token, the prompt being computed but for its last token. */
  readonly plainMs: number;
  readonly draftedMs: number;
  readonly drafts: Drafts;
  readonly isIdentical: boolean;
}

/**
 * @param prompt computed already
 * @param length tokens to decode
 * @param draftsFirst which of the two comes first, to be taken in turns
 */
export async function decodePair(
  native: Pick<NativeModel, 'generate'>,
  prompt: Prompt,
  length: number,
  draftsFirst: boolean,
): Promise<Pair> {
  const decode = (draft: boolean) =>
    native.generate(prompt.tokens, optionsOf(prompt, length, draft), () => undefined);
  const first = await decode(draftsFirst);
  const second = await decode(!draftsFirst);
  const [drafted, plain] = draftsFirst ? [first, second] : [second, first];
  return {
    tokens: drafted.tokens.length,
    passes: drafted.passes,
    plainMs: millisecondsOf(plain),
    draftedMs: millisecondsOf(drafted),
    drafts: drafted.drafts,
    isIdentical: Buffer.from(drafted.tokens.buffer).equals(Buffer.from(plain.tokens.buffer)),
  };
}

/** What is said without drafts is not remembered, so that it can't be drafted. */
function optionsOf({ held, sequence }: Prompt, maxTokens: number, draft: boolean) {
  const greedy = { temperature: 0, topK: 1, topP: 1, minP: 0, seed: 0 };
  const place = sequence === null ? {} : { sequence: sequence.name };
  return { ...greedy, ...place, maxTokens, maxLines: 0, maxMilliseconds: 0, held, draft };
}

function millisecondsOf({ timeToFirstTokenMs, decodeMs }: NativeGeneration): number {
  return timeToFirstTokenMs + decodeMs;
}
