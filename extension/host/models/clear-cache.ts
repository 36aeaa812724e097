/** The command that removes what is kept because it can be made again, as `hotset cache --clear` does. */
import * as vscode from 'vscode';
import { cachedFiles, clearCache } from '../../models/made-again.ts';

export function clearWeightsCache(): void {
  const files = cachedFiles();
  const inUse = clearCache(files);
  const removed = files.filter((file) => !inUse.includes(file));
  void vscode.window.showInformationMessage(`Hotset: ${sentence(removed)}${remaining(inUse.length)}`);
}

function sentence(removed: readonly { readonly bytes: number }[]): string {
  if (removed.length === 0) return 'the cache held nothing to remove.';
  const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
  return `removed ${(bytes / 1e6).toFixed(0)} MB. A model that is loaded next is packed again.`;
}

function remaining(count: number): string {
  return count === 0 ? '' : ` ${String(count)} files are in use: close other windows and try again.`;
}
