/** Open documents whose text is not saved yet. */
import * as vscode from 'vscode';
import type { UnsavedFile } from '../../protocol/requests.ts';
import { tellablePath } from './tellable.ts';

const mostFiles = 16;
/** UTF-16 units, of one document and of all together. */
const longestText = 262_144;
const mostText = 1_048_576;

export class UnsavedDocuments implements vscode.Disposable {
  /** The one changed last comes last. */
  readonly #changed = new Set<string>();
  readonly #listening: vscode.Disposable;

  constructor() {
    this.#listening = vscode.workspace.onDidChangeTextDocument(({ document }) => {
      const name = document.uri.toString();
      this.#changed.delete(name);
      this.#changed.add(name);
    });
  }

  /** @returns those beside `document`, in its workspace folder, the one changed last first; as many as the limits allow */
  beside(document: vscode.TextDocument): UnsavedFile[] {
    this.#forgetClosed();
    const order = [...this.#changed];
    const others = vscode.workspace.textDocuments
      .filter((each) => each.isDirty && each !== document)
      .sort((one, other) => order.indexOf(other.uri.toString()) - order.indexOf(one.uri.toString()));
    const unsaved: UnsavedFile[] = [];
    let left = mostText;
    for (const each of others) {
      const path = tellablePath(each.uri, document);
      const text = path === null ? '' : each.getText();
      if (path === null || text.length > Math.min(longestText, left)) continue;
      unsaved.push({ path, text });
      left -= text.length;
      if (unsaved.length === mostFiles) break;
    }
    return unsaved;
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #forgetClosed(): void {
    const open = new Set(vscode.workspace.textDocuments.map(({ uri }) => uri.toString()));
    for (const name of this.#changed) if (!open.has(name)) this.#changed.delete(name);
  }
}
