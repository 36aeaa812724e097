/** The files that a person works at: those in tabs, and those that were changed or looked at last. */
import { LRUCache } from 'lru-cache';
import * as vscode from 'vscode';
import { tellablePath } from './tellable.ts';

/** More than anybody has in mind. */
const mostFiles = 10;

export class RecentDocuments implements vscode.Disposable {
  /** One more than is told: the document that somebody is in is not among those. */
  readonly #used = new LRUCache<string, vscode.Uri>({ max: mostFiles + 1 });
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
    const paths = [...this.#used.values(), ...inTabs()]
      .filter((uri) => uri.toString() !== document.uri.toString())
      .map((uri) => tellablePath(uri, document))
      .filter((path) => path !== null);
    return [...new Set(paths)].slice(0, mostFiles).sort();
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #use(document: vscode.TextDocument | undefined): void {
    if (document?.uri.scheme === 'file') this.#used.set(document.uri.toString(), document.uri);
  }
}

function inTabs(): vscode.Uri[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
}
