/** A position in an open document as the scheduler knows it. */
import type * as vscode from 'vscode';
import type { Place } from '../../scheduling/place.ts';
import { textAround } from './document-window.ts';
import { readableFolder, workspacePath } from './workspace-path.ts';

export interface PlaceSettings {
  /** Whether files that a document imports may be read. */
  readonly readsImports: boolean;
}

/**
 * @param replaced the range that `insertion` stands in for; the cursor is taken to be behind the insertion
 */
export function placeIn(
  document: vscode.TextDocument,
  replaced: vscode.Range,
  insertion: string,
  { readsImports }: PlaceSettings,
): Place {
  const folder = readsImports ? readableFolder(document) : null;
  return {
    document: document.uri.toString(),
    languageId: document.languageId,
    path: workspacePath(document),
    ...(folder === null ? {} : { folder }),
    ...textAround(document, replaced, insertion),
  };
}
