/**
 * Which part of the document goes into the prompt. While a person types, the window's start and its suffix stay put, so
 * that the prompts of successive keystrokes share their first tokens and the KV cache is reused.
 */
import { type Segment, segmentsBackward, segmentsForward } from './text-segments.ts';

export interface PromptWindow {
  readonly prefix: string;
  readonly suffix: string;
}

/** Tokens of a piece of text; the sum over the pieces of a text may exceed what the whole text has. */
export type CountTokens = (text: string) => number;

/** Of the budget, one part in so many is kept for the suffix when both sides want more than there is. */
const suffixParts = 4;
/** The window's start moves by this part of the budget at a time, instead of a little with every line. */
const stepParts = 8;
/** Characters per token, for sizing steps only. */
const charactersPerToken = 3;

/** @param budget tokens for both sides together */
export function cutToBudget(
  prefix: string,
  suffix: string,
  budget: number,
  count: CountTokens,
): PromptWindow {
  const suffixShare = Math.floor(budget / suffixParts);
  const suffixNeed = tokensOf(segmentsForward(suffix), suffix, suffixShare, count);
  const kept = keepEnd(prefix, budget - Math.min(suffixNeed, suffixShare), budget, count);

  // What the prefix leaves over goes to the suffix, in steps: otherwise every typed token would shorten the suffix.
  const step = Math.max(1, Math.floor(budget / stepParts));
  const left = budget - Math.ceil(kept.tokens / step) * step;
  const suffixBudget = Math.max(left, Math.min(suffixNeed, suffixShare));
  return { prefix: kept.text, suffix: keepStart(suffix, suffixBudget, count) };
}

/** As many tokens of `text` as `limit` lets one see: stops counting there. */
function tokensOf(segments: Iterable<Segment>, text: string, limit: number, count: CountTokens): number {
  let tokens = 0;
  for (const { start, end } of segments) {
    tokens += count(text.slice(start, end));
    if (tokens >= limit) return limit;
  }
  return tokens;
}

/** The longest start of `text` within the budget that ends at a line's end, or inside the line where none does. */
export function keepStart(text: string, budget: number, count: CountTokens): string {
  let tokens = 0;
  let lineEnd = 0;
  let end = 0;
  for (const segment of segmentsForward(text)) {
    tokens += count(text.slice(segment.start, segment.end));
    if (tokens > budget) return text.slice(0, lineEnd > 0 ? lineEnd : end);
    end = segment.end;
    if (text[end - 1] === '\n') lineEnd = end;
  }
  return text;
}

interface Kept {
  readonly text: string;
  readonly tokens: number;
}

/** A place where the prefix may begin, and the tokens from there to the cursor. */
interface Cut {
  readonly start: number;
  readonly tokens: number;
}

/** The end of `text` within the budget, from a step if there is one, else a line start, else any segment. */
function keepEnd(text: string, budget: number, wholeBudget: number, count: CountTokens): Kept {
  const spacing = Math.max(1, Math.floor((wholeBudget * charactersPerToken) / stepParts));
  let cut: Cut = { start: text.length, tokens: 0 };
  let line: Cut | undefined;
  let step: Cut | undefined;
  for (const segment of segmentsBackward(text)) {
    const tokens = cut.tokens + count(text.slice(segment.start, segment.end));
    if (tokens > budget) return keep(text, step ?? worthwhile(line, budget) ?? cut);
    cut = { start: segment.start, tokens };
    if (segment.startsLine) line = cut;
    if (segment.startsLine && isStep(text, segment.start, spacing)) step = cut;
  }
  return { text, tokens: cut.tokens };
}

function keep(text: string, cut: Cut): Kept {
  return { text: text.slice(cut.start), tokens: cut.tokens };
}

/** A line start is no good when nearly all of the budget lies before it, in one very long line. */
function worthwhile(line: Cut | undefined, budget: number): Cut | undefined {
  return line !== undefined && line.tokens >= budget / stepParts ? line : undefined;
}

/** Whether this line start is the first one in its stretch of `spacing` characters, counted from the document's start. */
function isStep(text: string, lineStart: number, spacing: number): boolean {
  if (lineStart === 0) return true;
  const previous = lineStart < 2 ? 0 : text.lastIndexOf('\n', lineStart - 2) + 1;
  return Math.floor(lineStart / spacing) !== Math.floor(previous / spacing);
}
