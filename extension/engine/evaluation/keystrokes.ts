/**
 * Types a passage as a person would who reads every suggestion, and counts keystrokes. Without suggestions, each
 * character takes one; a line feed and the indentation behind it take one together, for editors indent by themselves.
 *
 * A suggestion that is right as a whole, which says only what comes next, is accepted with one keystroke. Any other is
 * typed over: it stands as long as it says what is typed, and the next one is asked for where it no longer does. Counted
 * apart, the words at the start of such a suggestion that are right are accepted with one keystroke each.
 */
import type { Passage } from './passages.ts';

/**
 * @param prefix everything left of the cursor; right of it stands the passage's suffix
 * @returns the suggestion that is shown; empty: none
 */
export type Ask = (prefix: string, suffix: string) => Promise<string>;

export interface KeystrokeCount {
  /** Keystrokes without suggestions. */
  characters: number;
  /** Suggestions accepted as a whole only. */
  keystrokes: number;
  /** And the others word by word. */
  wordKeystrokes: number;
  requests: number;
  shown: number;
  /** As a whole. */
  accepted: number;
}

export function noKeystrokes(): KeystrokeCount {
  return { characters: 0, keystrokes: 0, wordKeystrokes: 0, requests: 0, shown: 0, accepted: 0 };
}

/** @param count added to, so that several passages make one sum */
export async function typePassage(
  passage: Pick<Passage, 'prefix' | 'text' | 'suffix'>,
  ask: Ask,
  count: KeystrokeCount,
): Promise<void> {
  const { prefix, text, suffix } = passage;
  count.characters += keystrokesFor(text);
  for (let place = 0; place < text.length;) {
    const suggestion = await ask(prefix + text.slice(0, place), suffix);
    place += typeOn(suggestion, text.slice(place), count);
  }
}

/** @returns how much of `rest` stands in the document when the next suggestion is asked for */
function typeOn(suggestion: string, rest: string, count: KeystrokeCount): number {
  count.requests++;
  if (suggestion !== '') count.shown++;
  if (suggestion !== '' && rest.startsWith(suggestion)) {
    count.accepted++;
    count.keystrokes++;
    count.wordKeystrokes++;
    return suggestion.length;
  }
  const typed = typedOver(suggestion, rest);
  count.keystrokes += keystrokesFor(typed);
  count.wordKeystrokes += keystrokesWordByWord(suggestion, typed);
  return typed.length;
}

const unit = /\n[ \t]*|[^]/gu;

/** The text, cut into what one keystroke brings. */
export function keystrokesOf(text: string): string[] {
  return text.match(unit) ?? [];
}

function keystrokesFor(text: string): number {
  return keystrokesOf(text).length;
}

/** What is typed until the suggestion does not stand any more, at least one keystroke of `rest`. */
function typedOver(suggestion: string, rest: string): string {
  let typed = '';
  for (const [keystroke] of rest.matchAll(unit)) {
    typed += keystroke;
    if (!suggestion.startsWith(typed) || suggestion === typed) break;
  }
  return typed;
}

/** Blanks and the letters of a word, or blanks and a run of other characters: what editors accept at a time. */
const step = /\s*(?:[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]+)/gu;

function keystrokesWordByWord(suggestion: string, typed: string): number {
  let accepted = '';
  let words = 0;
  for (const [word] of suggestion.matchAll(step)) {
    if (!typed.startsWith(accepted + word)) break;
    accepted += word;
    words++;
  }
  return words + keystrokesFor(typed.slice(accepted.length));
}
