/** The files that a person works at: those in tabs, and those that were changed or looked at last. */
import * as vscode from 'vscode';
import { tellablePath } from './tellable.ts';

/** More than anybody has in mind. */
const mostFiles = 10;

export class RecentDocuments implements vscode.Disposable {
  /** The one used last comes last. */
  readonly #used = new Map<string, vscode.Uri>();
  readonly #listening: vscode.Disposable;

  constructor() {
    this.#use(vscode.window.activeTextEditor?.document);
    this.#listening = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.#use(editor?.document);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#use(document);
      }),
    );
  }

  /**
   * @returns paths of those beside `document`, in its workspace folder, in the order of their names: the list changes with
   * what is worked at, not with every key
   */
  beside(document: vscode.TextDocument): string[] {
    const recent = [...this.#used.values()].reverse();
    const paths = [...recent, ...inTabs()]
      .filter((uri) => uri.toString() !== document.uri.toString())
      .map((uri) => tellablePath(uri, document))
      .filter((path) => path !== null);
    return [...new Set(paths)].slice(0, mostFiles).sort();
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #use(document: vscode.TextDocument | undefined): void {
    if (document?.uri.scheme !== 'file') return;
    const name = document.uri.toString();
    this.#used.delete(name);
    this.#used.set(name, document.uri);
    const [oldest] = this.#used.keys();
    // One more than is told: the document that somebody is in is not among those.
    if (this.#used.size > mostFiles + 1 && oldest !== undefined) this.#used.delete(oldest);
  }
}

function inTabs(): vscode.Uri[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
}
