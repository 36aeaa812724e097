/** Where a document lies, as far as it tells what is written in it. */
import * as vscode from 'vscode';

const notebookScheme = 'vscode-notebook-cell';

/** Relative to its workspace folder; outside of one the file's name alone; null for what is no file. */
export function workspacePath(document: vscode.TextDocument): string | null {
  if (document.isUntitled || document.uri.scheme === notebookScheme) return null;
  if (vscode.workspace.getWorkspaceFolder(document.uri) === undefined) return nameOf(document.uri.path);
  return vscode.workspace.asRelativePath(document.uri, false);
}

/** The workspace folder of a document whose files may be read: one on this disk, in a workspace that is trusted. */
export function readableFolder({ uri }: vscode.TextDocument): string | null {
  const folder = vscode.workspace.isTrusted ? vscode.workspace.getWorkspaceFolder(uri) : undefined;
  return folder?.uri.scheme === 'file' ? folder.uri.fsPath : null;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
