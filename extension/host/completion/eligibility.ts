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
]);

/** The parts of a `TextDocument` that matter here. */
export interface DocumentKind {
  readonly uri: { readonly scheme: string };
  readonly languageId: string;
}

export interface EligibilitySettings {
  readonly isEnabled: boolean;
  isLanguageEnabled(languageId: string): boolean;
}

export function mayComplete({ uri, languageId }: DocumentKind, settings: EligibilitySettings): boolean {
  return settings.isEnabled && !excludedSchemes.has(uri.scheme) && settings.isLanguageEnabled(languageId);
}

/** Between the letters of a word: whoever puts the cursor there edits the word, and no completion fits. */
export function isInsideWord(prefix: string, suffix: string): boolean {
  return /[\p{L}\p{N}_]$/u.test(prefix.slice(-2)) && /^[\p{L}\p{N}_]/u.test(suffix.slice(0, 2));
}
