/** Runs inside the extension host, by mocha: what only the `vscode` API can tell. */
import assert from 'node:assert/strict';
import { suite, suiteSetup, test } from 'mocha';
import * as vscode from 'vscode';

const source = 'function add(a: number, b: number): number {\n  return a +';

async function until(what: string, holds: () => Promise<boolean>, milliseconds = 30_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function openSource(): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ language: 'typescript', content: source });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(source.length);
  editor.selection = new vscode.Selection(end, end);
  return editor;
}

suite('Hotset in the extension host', () => {
  let extension: vscode.Extension<unknown>;

  suiteSetup(async () => {
    const found = vscode.extensions.getExtension('hotset.hotset');
    assert.ok(found, 'the extension is not installed');
    extension = found;
    await extension.activate();
  });

  test('every contributed command is registered', async () => {
    const manifest = extension.packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = manifest.contributes.commands.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  test('a triggered suggestion is inserted where the cursor stands', async () => {
    const editor = await openSource();
    const before = editor.document.getText();
    await until('an accepted suggestion', async () => {
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
      await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
      return editor.document.getText() !== before;
    });
    assert.ok(editor.document.getText().startsWith(before.trimEnd()));
    assert.ok(editor.document.getText().length > before.length);
  });

  test('switched off, nothing is suggested', async () => {
    const configuration = vscode.workspace.getConfiguration('hotset');
    await configuration.update('enabled', false, vscode.ConfigurationTarget.Global);
    try {
      const editor = await openSource();
      await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
      // The suggestion of the test above came within this time or would not have come at all.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await vscode.commands.executeCommand('editor.action.inlineSuggest.commit');
      assert.equal(editor.document.getText(), source);
    } finally {
      await configuration.update('enabled', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
