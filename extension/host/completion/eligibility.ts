/** Which documents are completed at all. */

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

export interface DocumentKind {
  readonly scheme: string;
  readonly languageId: string;
}

export function isEligible(
  { scheme, languageId }: DocumentKind,
  isLanguageEnabled: (languageId: string) => boolean,
): boolean {
  return !excludedSchemes.has(scheme) && isLanguageEnabled(languageId);
}
