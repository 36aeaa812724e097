/** Where completions are offered at all. */

/** Documents that are output, not something a person writes code in. */
const excludedSchemes = new Set([
  'output',
  'log',
  'debug',
  'vscode-scm',
  'comment',
  'search-editor',
  'walkThrough',
  'hotset-why',
]);

/** The parts of a `TextDocument` that matter here. */
export interface DocumentKind {
  readonly uri: { readonly scheme: string };
  readonly languageId: string;
}

export interface EligibilitySettings {
  readonly isEnabled: boolean;
  /** Off for a while; left out: not. */
  readonly isSnoozed?: boolean;
  /** Whether the person wants none in this file; left out: in no file. */
  isExcluded?(document: DocumentKind): boolean;
  isLanguageEnabled(languageId: string): boolean;
}

/** `off`: for everything; `document`: it is output, not something a person writes. */
export type Refusal = 'off' | 'snoozed' | 'document' | 'excluded' | 'language';

/** @returns null where completions are offered */
export function refusalOf(document: DocumentKind, settings: EligibilitySettings): Refusal | null {
  if (!settings.isEnabled) return 'off';
  if (settings.isSnoozed === true) return 'snoozed';
  if (excludedSchemes.has(document.uri.scheme)) return 'document';
  if (settings.isExcluded?.(document) === true) return 'excluded';
  return settings.isLanguageEnabled(document.languageId) ? null : 'language';
}

export function mayComplete(document: DocumentKind, settings: EligibilitySettings): boolean {
  return refusalOf(document, settings) === null;
}

/** Between the letters of a word: whoever puts the cursor there edits the word, and no completion fits. */
export function isInsideWord(prefix: string, suffix: string): boolean {
  return /[\p{L}\p{N}_]$/u.test(prefix.slice(-2)) && /^[\p{L}\p{N}_]/u.test(suffix.slice(0, 2));
}
