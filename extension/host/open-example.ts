/** The command that shows ghost text to somebody who has just come. */
import * as vscode from 'vscode';

const content = `class Rectangle {
  constructor(width, height) {
    this.width = width;
    this.height = height;
  }

  area() {
    return `;

/** An unsaved file in which there is something to complete, with the cursor there. */
export async function openExample(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'javascript', content });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(content.length);
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}
