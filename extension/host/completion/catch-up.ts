/**
 * VS Code asks a provider whenever something is typed, but never for what was typed before the provider was there, and in a
 * new editor not before the window had an idle moment for it, ten seconds later if it is busy: the first keystrokes would get
 * nothing until another one follows. So we ask for them.
 */
import * as vscode from 'vscode';
import { type Clock, systemClock, type Timer } from '../../scheduling/clock.ts';

/** What a document has that was only opened. */
const firstVersion = 1;
/** Within it, VS Code has asked, or does not. */
const overdueMs = 300;

export interface CatchUpOptions {
  /** Of the provider. */
  readonly extensionId: string;
  readonly clock?: Clock;
}

/** To be made in the same turn as the provider is registered. */
export class CatchUp implements vscode.Disposable {
  readonly #providerId: string;
  readonly #clock: Clock;
  readonly #typing: vscode.Disposable;
  /** Where VS Code asks by itself, or was asked to once. */
  readonly #awake = new Set<vscode.ViewColumn | undefined>();
  #overdue: Timer | null = null;

  constructor({ extensionId, clock = systemClock }: CatchUpOptions) {
    this.#providerId = `${extensionId}:*`;
    this.#clock = clock;
    this.#typing = vscode.workspace.onDidChangeTextDocument((change) => {
      if (isTyped(change)) this.#expectQuestion();
    });
    void this.#askForEarlierKeys();
  }

  /** VS Code asked in the active editor. */
  asked(): void {
    this.#overdue?.cancel();
    this.#awake.add(vscode.window.activeTextEditor?.viewColumn);
  }

  dispose(): void {
    this.#overdue?.cancel();
    this.#typing.dispose();
  }

  async #askForEarlierKeys(): Promise<void> {
    // The window handles one message after the other: when this is answered, it knows the provider, and we know all that
    // was typed until then.
    await vscode.commands.executeCommand('setContext', 'hotset.isActive', true);
    const editor = vscode.window.activeTextEditor;
    if (editor !== undefined && editor.document.version !== firstVersion) this.#ask(editor);
  }

  #expectQuestion(): void {
    this.#overdue?.cancel();
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || this.#awake.has(editor.viewColumn)) return;
    this.#overdue = this.#clock.after(overdueMs, () => {
      if (editor === vscode.window.activeTextEditor && suggestsInline(editor)) this.#ask(editor);
    });
  }

  #ask({ viewColumn }: vscode.TextEditor): void {
    this.#awake.add(viewColumn);
    // As if by typing, which takes naming the provider; editors that don't know these arguments ask as if by hand.
    const asTyped = { explicit: false, providerId: this.#providerId };
    void vscode.commands.executeCommand('editor.action.inlineSuggest.trigger', asTyped);
  }
}

/** By one cursor, in the editor that has the person's eyes. */
function isTyped({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): boolean {
  const isSeen = document === vscode.window.activeTextEditor?.document;
  return isSeen && reason === undefined && contentChanges.length === 1 && contentChanges[0]?.text !== '';
}

function suggestsInline({ document }: vscode.TextEditor): boolean {
  return vscode.workspace.getConfiguration('editor', document).get('inlineSuggest.enabled', true);
}
