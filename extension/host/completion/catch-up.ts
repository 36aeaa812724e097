/**
 * VS Code asks a provider whenever something is typed, but never for what was typed before the provider was there: in a
 * window that has just opened, the first keystrokes would get nothing until another one follows. So we ask for them.
 */
import * as vscode from 'vscode';

/** What a document has that was only opened. */
const firstVersion = 1;

/**
 * To be called once, when the provider has been registered.
 * @param extensionId of the provider
 */
export async function catchUpWithTyping(extensionId: string): Promise<void> {
  // The window handles one message after the other: when this is answered, it knows the provider, and we know all that
  // was typed until then.
  await vscode.commands.executeCommand('setContext', 'hotset.isActive', true);
  const document = vscode.window.activeTextEditor?.document;
  if (document === undefined || document.version === firstVersion) return;
  // As if by typing, which takes naming the provider; editors that don't know these arguments ask as if by hand.
  const asTyped = { explicit: false, providerId: `${extensionId}:*` };
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger', asTyped);
}
