/** Every palette command, run through the palette. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { embeddedModel, fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: {
      'inventory.py': fixture('inventory.py'),
      'broken.gguf': 'GGUF, but not really',
    },
  });
  await workbench.openFile('inventory.py', 'self.items = {}');
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

test('complete here asks for a suggestion without typing', async () => {
  await workbench.type('\nself.count =');
  await workbench.page.keyboard.press('Escape');
  await workbench.waitForNoGhostText();
  await workbench.command(paletteTitle('hotset.completeHere'));
  await workbench.waitForGhostText();
});

test('switched off, typing suggests nothing and the status bar says so; switched on, it suggests again', async () => {
  await workbench.command(paletteTitle('hotset.toggle'));
  await until('the status bar says off', async () => /off/i.test(await workbench.statusLabel()));
  await workbench.screenshot('status-off');
  await workbench.waitForNoGhostText();
  await until('the engine is gone', () => workbench.enginePids().length === 0);
  await workbench.type('i');
  await workbench.page.keyboard.press('Backspace');
  await workbench.page.keyboard.press('Alt+Backslash'); // triggers an inline suggestion
  assert.equal(await workbench.ghostText(), '');
  assert.deepEqual(workbench.enginePids(), [], 'something asked for a completion');

  await workbench.command(paletteTitle('hotset.toggle'));
  await until('the status bar no longer says off', async () => !/off/i.test(await workbench.statusLabel()));
  await workbench.command(paletteTitle('hotset.completeHere'));
  await workbench.waitForGhostText();
});

test('the status bar item opens a menu with every action', async () => {
  await workbench.page.keyboard.press('Escape');
  await workbench.statusItem.click();
  const rows = workbench.page.locator('.quick-input-list .monaco-list-row');
  await rows.first().waitFor();
  await workbench.screenshot('status-menu');
  const text = (await rows.allInnerTexts()).join('\n');
  for (const word of ['model', 'Restart', 'Log']) assert.match(text, new RegExp(word, 'i'));
  await workbench.page.keyboard.press('Escape');
  await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
});

test('the log is shown in the output panel', async () => {
  await workbench.command(paletteTitle('hotset.showLog'));
  const output = workbench.page.locator('.output-view .view-lines');
  await output.waitFor();
  await until('log lines', async () => (await output.innerText()).includes('hotset-code'));
  await workbench.screenshot('log');
});

test('restarting the engine replaces its process and completions go on', async () => {
  const [before] = workbench.enginePids();
  assert.ok(before !== undefined, 'no engine runs');
  await workbench.command(paletteTitle('hotset.restartEngine'));
  await until('the old engine is gone', () => !workbench.enginePids().includes(before));
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  assert.equal(workbench.enginePids().length, 1);
});

/** Picks a file of the workspace in the dialog of the palette's command. */
async function chooseModel(name: string): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  // Not the palette's own rows, which stand there until the list has been made.
  await workbench.page.locator('.quick-input-title', { hasText: 'Choose a model' }).waitFor();
  await workbench.type('Choose a File');
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Choose a File' }).click();
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).click();
}

test('a chosen model file is loaded and remembered', async () => {
  const path = join(workbench.server.workspace, 'another.gguf');
  copyFileSync(embeddedModel(), path);
  await chooseModel('another.gguf');
  await until('the setting', () => workbench.machineSettings()['hotset.model.path'] === path);
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  assert.deepEqual(await workbench.notifications(), []);
});

test('a model file that is none is refused in one message and the model stays', async () => {
  await chooseModel('broken.gguf');
  const messages = await until('one message', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
  await workbench.screenshot('broken-model');
  assert.equal(messages.length, 1);
  assert.match(messages[0] ?? '', /broken\.gguf/);
  await workbench.command('Notifications: Clear All Notifications');
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
});
