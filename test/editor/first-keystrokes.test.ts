/** A person types as soon as the window shows an editor, before any extension has started. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const name = 'inventory.py';
const text = 'class Inventory:\n    def __init__(self, path):\n        self.path = path\n        ';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({ files: { [name]: text }, isHasty: true });
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

test('what was typed before the extension started is completed without another key', async () => {
  // Extensions start late by chance on a busy machine: here they do every time.
  const host = await until('an extension host', () => workbench.extensionHostPids()[0]);
  process.kill(host, 'SIGSTOP');
  await workbench.openFile(name);
  await workbench.page.keyboard.press('Control+End');
  await workbench.type('self.count =');
  assert.equal(await workbench.statusItem.count(), 0, 'the extension had started already');
  process.kill(host, 'SIGCONT');
  const ghost = await workbench.acceptGhostText();
  assert.equal(await workbench.save(name), `${text}self.count =${ghost}`);
});

test('what was typed before the window had an idle moment is completed without another key', async () => {
  const busy = await Workbench.open({ files: { [name]: text }, isBusy: true });
  try {
    await busy.openFile(name);
    await until('the model', async () => (await busy.statusLabel()).includes('hotset-code'));
    await busy.page.keyboard.press('Control+End');
    await busy.type('self.count =');
    await busy.waitForGhostText();
  } finally {
    await busy.close();
  }
});

test('for a file that was only opened the model is loaded, and nothing is asked', async () => {
  const fresh = await Workbench.open({ files: { [name]: text } });
  try {
    await fresh.openFile(name);
    await until('the model', async () => (await fresh.statusLabel()).includes('hotset-code'));
    assert.doesNotMatch(await fresh.statusText(), /t\/s/);
    assert.equal(await fresh.ghostText(), '');
  } finally {
    await fresh.close();
  }
});
