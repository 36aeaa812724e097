/** Which files of a workspace folder the engine may be told of; it judges again, by the ignore files too. */
import * as vscode from 'vscode';
import { looksSecret } from '../../protocol/secret-names.ts';

/**
 * @param document that the person is in
 * @returns the path relative to the document's folder, with `/`; null: elsewhere, no file, another's code, or secret by its name
 */
export function tellablePath(uri: vscode.Uri, document: vscode.TextDocument): string | null {
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  if (uri.scheme !== 'file' || folder === undefined) return null;
  if (vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() !== folder.uri.toString()) return null;
  const path = vscode.workspace.asRelativePath(uri, false);
  return looksSecret(path) || path.split('/').includes('node_modules') ? null : path;
}
