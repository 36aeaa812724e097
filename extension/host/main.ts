/** Entry point of the extension. */
import type { ExtensionContext } from 'vscode';
import { Extension } from './extension.ts';

let extension: Extension | undefined;

export function activate(context: ExtensionContext): void {
  extension = new Extension(context);
  context.subscriptions.push(extension);
}

export async function deactivate(): Promise<void> {
  await extension?.close();
  extension = undefined;
}
