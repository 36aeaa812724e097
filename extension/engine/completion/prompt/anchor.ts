/**
 * The anchor of a document's prompts: the tokens before T, which stay the same while a person types, deletes or accepts
 * behind them, and the text that tells whether they still fit.
 */
import { isOnlyClosers } from '../surroundings.ts';
import type { PromptWindow } from './prompt-budget.ts';
import { anchorIn, type PromptForm } from './prompt-form.ts';

export interface Anchor {
  /** Where the prompt's text begins in the prefix, in UTF-16 units. */
  readonly start: number;
  /** The prefix from there to the anchor. */
  readonly above: string;
  /** What the prefix says from `start` on: finds it again when text was added or removed above. */
  readonly landmark: string;
  readonly suffix: string;
  /** Whether `suffix` reached to the end of what stood right of the cursor. */
  readonly isSuffixWhole: boolean;
}

/** Of a landmark that is not `above`: UTF-16 units. */
const longestLandmark = 1_024;

interface TextAround {
  readonly prefix: string;
  readonly suffix: string;
}

/** @param window the end of the prefix and the start of the suffix that the prompt has room for */
export function anchorOf({ prefix, suffix }: TextAround, window: PromptWindow, form: PromptForm): Anchor {
  const above = window.prefix.slice(0, anchorIn(window.prefix, form));
  const lines = window.prefix.slice(0, window.prefix.lastIndexOf('\n') + 1);
  return {
    start: prefix.length - window.prefix.length,
    above,
    landmark: above === '' ? lines.slice(0, longestLandmark) : above,
    suffix: window.suffix,
    isSuffixWhole: window.suffix === suffix,
  };
}

/**
 * T, when the anchor fits the text as it is now: what stands above it is unchanged, the cursor behind it, and the suffix is
 * as it was but for closers in front, which editors add while a person types and the trimming knows about.
 * @returns null where it does not
 */
export function textBehind(anchor: Anchor, { prefix, suffix }: TextAround): string | null {
  const start = startOf(anchor, prefix);
  return start === null || !isFollowed(anchor, suffix) ? null : prefix.slice(start + anchor.above.length);
}

/**
 * The suffix as a prompt tells it: without closers on the cursor's line. They come and go with typing, a model closes what
 * is open by itself, and the trimming takes care of what stands there already.
 */
export function withoutClosers(suffix: string): string {
  const feed = suffix.indexOf('\n');
  const restOfLine = feed < 0 ? suffix : suffix.slice(0, feed);
  return isOnlyClosers(restOfLine) ? suffix.slice(restOfLine.length) : suffix;
}

function startOf({ start, landmark }: Anchor, prefix: string): number | null {
  if (start <= prefix.length && prefix.startsWith(landmark, start)) return start;
  const moved = landmark === '' ? -1 : prefix.lastIndexOf(landmark);
  return moved < 0 ? null : moved;
}

function isFollowed({ suffix: known, isSuffixWhole }: Anchor, suffix: string): boolean {
  const start = isSuffixWhole ? suffix.length - known.length : suffix.indexOf(known);
  return start >= 0 && suffix.startsWith(known, start) && isOnlyClosers(suffix.slice(0, start));
}
