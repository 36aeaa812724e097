/** What was suggested lately: typing what a suggestion says, deleting it again or coming back costs no request. */

import type { Suggestion } from './place.ts';

interface Entry {
  readonly prefix: string;
  readonly suffix: string;
  readonly suggestion: Suggestion;
}

const mostEntries = 100;
/** Closers an editor inserts by itself behind an opener: `(` becomes `()`. */
const mostAutoClosed = 3;

export class SuggestionCache {
  /** Newest first. */
  #entries: Entry[] = [];

  /** One that is not offered is worth remembering too: there is nothing to show there. */
  add(prefix: string, suffix: string, suggestion: Suggestion): void {
    const others = this.#entries.filter((entry) => entry.prefix !== prefix || entry.suffix !== suffix);
    this.#entries = [{ prefix, suffix, suggestion }, ...others].slice(0, mostEntries);
  }

  /** The suggestion for this place, or the rest of one offered whose beginning has been typed since. */
  find(prefix: string, suffix: string): Suggestion | null {
    for (const entry of this.#entries) {
      const suggestion = restOf(entry, prefix, suffix);
      if (suggestion !== null) return suggestion;
    }
    return null;
  }

  /** For when another model or another setting would answer differently. */
  clear(): void {
    this.#entries = [];
  }
}

function restOf(entry: Entry, prefix: string, suffix: string): Suggestion | null {
  const { text, overlap, isOffered, confidence } = entry.suggestion;
  if (!prefix.startsWith(entry.prefix)) return null;

  const typed = prefix.slice(entry.prefix.length);
  if (typed === '' && suffix === entry.suffix) return entry.suggestion;
  // What was too uncertain to show may be certain once its beginning stands there: that takes another look.
  if (!isOffered || !text.startsWith(typed) || text.length === typed.length) return null;

  const rest = text.slice(typed.length);
  const autoClosed = autoClosedBetween(entry.suffix, suffix, rest);
  return autoClosed === null ? null : { text: rest, overlap: overlap + autoClosed, isOffered, confidence };
}

/** How many closers stand before the earlier suffix now, all of which `rest` says too; null when it isn't just those. */
function autoClosedBetween(earlier: string, now: string, rest: string): number | null {
  const added = now.length - earlier.length;
  if (added < 0 || added > mostAutoClosed || !now.endsWith(earlier)) return null;

  const closers = now.slice(0, added);
  return /^[)\]}"'`>]*$/.test(closers) && saysInOrder(rest, closers) ? added : null;
}

function saysInOrder(text: string, characters: string): boolean {
  let index = 0;
  for (const character of text) {
    if (character === characters[index]) index++;
  }
  return index === characters.length;
}
