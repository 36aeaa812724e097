/** Which keystrokes VS Code is reminded of. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';
import { FakeClock } from '../scheduling/fake-clock.ts';
import { commands, cursorIn, installFakeVscode, window, workspace } from './fake-vscode.ts';

installFakeVscode();
const { CatchUp } = await import('../../../extension/host/completion/catch-up.ts');

const trigger = 'editor.action.inlineSuggest.trigger';
let asked: unknown[][] = [];
let clock = new FakeClock();

beforeEach(() => {
  asked = [];
  clock = new FakeClock();
  workspace.settings.clear();
  commands.executeCommand = (command, ...parameters) => {
    if (command === trigger) asked.push(parameters);
    return Promise.resolve(undefined);
  };
});

function open(version = 1, viewColumn = 1): vscode.TextDocument {
  const document = { ...cursorIn('a|\n').document, version };
  window.activeTextEditor = { document, viewColumn } as unknown as vscode.TextEditor;
  return document;
}

function change(document: vscode.TextDocument, text = 'b', reason?: number): void {
  workspace.changed.fire({ document, contentChanges: [{ text }], reason });
}

async function begin(): Promise<InstanceType<typeof CatchUp>> {
  const catchUp = new CatchUp({ extensionId: 'some.one', clock });
  await new Promise(setImmediate);
  return catchUp;
}

test('what was typed before is asked for at once, as if by typing', async () => {
  open(2);
  (await begin()).dispose();
  assert.deepEqual(asked, [[{ explicit: false, providerId: 'some.one:*' }]]);
});

test('a document that was only opened is not asked for', async () => {
  open();
  (await begin()).dispose();
  assert.deepEqual(asked, []);
});

test('a key that VS Code does not ask about is asked for once, after the last one', async () => {
  const document = open();
  const catchUp = await begin();
  change(document);
  await clock.advance(200);
  change(document);
  await clock.advance(299);
  assert.equal(asked.length, 0);
  await clock.advance(1);
  assert.equal(asked.length, 1);
  change(document);
  await clock.advance(1_000);
  assert.equal(asked.length, 1);
  catchUp.dispose();
});

test('where VS Code asks by itself, nothing more is asked for; in another group it may not yet', async () => {
  const document = open();
  const catchUp = await begin();
  change(document);
  catchUp.asked();
  change(document);
  await clock.advance(1_000);
  assert.equal(asked.length, 0);
  change(open(1, 2));
  await clock.advance(1_000);
  assert.equal(asked.length, 1);
  catchUp.dispose();
});

test('what nobody typed there is not asked for', async () => {
  const document = open();
  const catchUp = await begin();
  const undo = 1;
  change(document, 'b', undo);
  change(document, '');
  change({ ...document });
  await clock.advance(1_000);
  assert.equal(asked.length, 0);
  catchUp.dispose();
});

test('who wants no inline suggestions, has gone elsewhere or closed the window is not asked for', async () => {
  const document = open();
  let catchUp = await begin();
  workspace.settings.set('editor.inlineSuggest.enabled', false);
  change(document);
  await clock.advance(1_000);
  workspace.settings.clear();
  change(document);
  open();
  await clock.advance(1_000);
  catchUp.dispose();
  catchUp = await begin();
  change(open());
  catchUp.dispose();
  await clock.advance(1_000);
  assert.equal(asked.length, 0);
});
