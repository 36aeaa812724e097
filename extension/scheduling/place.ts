/** Where a completion is asked for, and what is suggested there. */
import type { TrimRule } from '../protocol/figures.ts';

export interface Place {
  /** Which document this is, the same string for as long as it is open. */
  readonly document: string;
  /** VS Code's language identifier. */
  readonly languageId: string;
  /** Relative to the workspace; null: unknown. */
  readonly path: string | null;
  /** Of the workspace, absolute, where its files may be read for what the document imports; left out: none may. */
  readonly folder?: string;
  /** Text before and after the cursor, with line feeds alone. */
  readonly prefix: string;
  readonly suffix: string;
  /** Whether they reach to the document's start and end. */
  readonly isPrefixWhole: boolean;
  readonly isSuffixWhole: boolean;
}

export interface Suggestion {
  readonly text: string;
  /** UTF-16 units right of the cursor, all on its line, that the text says again: replace them. */
  readonly overlap: number;
  /** Whether it may be shown; one that may not is only known here lest the same place be asked for again. */
  readonly isOffered: boolean;
  /** Probability that the first line, as it was generated, is right; null of an empty text. */
  readonly confidence: number | null;
  /** Why the text is empty, where that is known. */
  readonly emptiedBy?: TrimRule;
  /** From a part of the document alone: known only until there is a newer one. False when left out. */
  readonly isProvisional?: boolean;
  /** Whether it was known when its place was asked about, so that nothing was computed for it. False when left out. */
  readonly isFromCache?: boolean;
}

export function isSameDocument(one: Place, other: Place): boolean {
  return one.document === other.document && one.languageId === other.languageId;
}

export function isSamePlace(one: Place, other: Place): boolean {
  return isSameDocument(one, other) && one.suffix === other.suffix && one.prefix === other.prefix;
}

/** Where the cursor stands once the suggestion has been accepted. */
export function behind(place: Place, { text, overlap }: Suggestion): Place {
  return { ...place, prefix: place.prefix + text, suffix: place.suffix.slice(overlap) };
}
