/** What was suggested lately: typing what a suggestion says, deleting it again or coming back costs no request. */
import { LRUCache } from 'lru-cache';
import { changeBetween } from './change.ts';
import type { Place, Suggestion } from './place.ts';
import { restOf } from './rest.ts';

interface Entry {
  readonly place: Place;
  readonly suggestion: Suggestion;
}

type DocumentEntries = LRUCache<string, Entry>;

const mostDocuments = 32;
const mostEntries = 200;
/** UTF-16 units of text that the entries of one document may hold. */
const mostText = 1 << 20;
/** So many units in front of a cursor tell the places of a document apart that are equally far from its start and end. */
const nearby = 32;

export class SuggestionCache {
  readonly #documents = new LRUCache<string, DocumentEntries>({ max: mostDocuments });

  /** One that is not offered is worth remembering too: there is nothing to show there. */
  add(place: Place, suggestion: Suggestion): void {
    const key = documentKey(place);
    const entries = this.#documents.get(key) ?? noEntries();
    forgetProvisional(entries, place);
    entries.set(entryKey(place), { place, suggestion });
    this.#documents.set(key, entries);
  }

  /** The suggestion for this place, or the rest of one offered whose beginning has been typed since. */
  find(place: Place): Suggestion | null {
    const entries = this.#documents.get(documentKey(place));
    if (entries === undefined) return null;

    let unoffered: Suggestion | null = null;
    // The one used last comes first: what is shown stays what it is while its beginning is typed.
    for (const [key, entry] of entries.entries()) {
      const suggestion = suggestionAt(entry, place);
      if (suggestion?.isOffered === true) {
        entries.get(key);
        return suggestion;
      }
      unoffered ??= suggestion;
    }
    return unoffered;
  }

  /** For when another model or another setting would answer differently. */
  clear(): void {
    this.#documents.clear();
  }
}

function suggestionAt({ place: earlier, suggestion }: Entry, place: Place): Suggestion | null {
  const change = changeBetween(earlier, place, suggestion.text.length);
  if (change === null) return null;

  const { typed, closed, typedOver } = change;
  if (typed === '') return closed === '' && typedOver === 0 ? suggestion : null;
  // What was too uncertain to show may be certain once its beginning stands there: that takes another look.
  return suggestion.isOffered ? restOf(suggestion, earlier.suffix, change) : null;
}

/**
 * By the time of a newer answer the engine has read more, and would say something better there; but what follows a suggestion is asked
 * for while that is shown.
 * @param place of the newer answer
 */
function forgetProvisional(entries: DocumentEntries, place: Place): void {
  for (const [key, { place: earlier, suggestion }] of entries.entries()) {
    if (suggestion.isProvisional !== true) continue;
    const isShown = suggestion.isOffered && place.prefix.startsWith(earlier.prefix + suggestion.text);
    if (!isShown) entries.delete(key);
  }
}

function noEntries(): DocumentEntries {
  return new LRUCache({
    max: mostEntries,
    maxSize: mostText,
    sizeCalculation: ({ place, suggestion }) =>
      1 + place.prefix.length + place.suffix.length + suggestion.text.length,
  });
}

function documentKey({ document, languageId }: Place): string {
  return `${languageId} ${document}`;
}

/** A place whose text changed further away takes the room of what it was before. */
function entryKey({ prefix, suffix }: Place): string {
  return `${prefix.length} ${suffix.length} ${prefix.slice(-nearby)}`;
}
