/** A position in an open document as the scheduler knows it. */
import type * as vscode from 'vscode';
import type { Place } from '../../scheduling/place.ts';
import { textAround } from './document-window.ts';
import { workspacePath } from './workspace-path.ts';

/**
 * @param replaced the range that `insertion` stands in for; the cursor is taken to be behind the insertion
 */
export function placeIn(document: vscode.TextDocument, replaced: vscode.Range, insertion: string): Place {
  return {
    document: document.uri.toString(),
    languageId: document.languageId,
    path: workspacePath(document),
    ...textAround(document, replaced, insertion),
  };
}
