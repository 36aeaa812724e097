/** A model's file that somebody writes to, cuts short or deletes while it is loaded: at most one restart and one message. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test, type TestContext } from 'node:test';
import { embeddedModel, fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-replaced-'));
const path = join(folder, 'chosen.gguf');
let workbench: Workbench;
/** The engine that loaded the file as it was. */
let first: number | undefined;

beforeEach(async () => {
  copyFileSync(embeddedModel(), path);
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.model.path': path },
  });
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  [first] = workbench.enginePids();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

after(() => {
  rmSync(folder, { recursive: true });
});

/** In another place each time, so that it has to be asked. */
async function ghostTextBehind(text: string): Promise<string> {
  await workbench.page.keyboard.press('Escape');
  await workbench.type(text);
  return await until('ghost text', () => workbench.ghostText(), 3_000).catch(() => '');
}

test('written to, it is loaded once more, and nobody is disturbed', async () => {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(4_096), 0, 4_096, statSync(path).size - 8_192);
  closeSync(descriptor);
  let line = 0;
  await until(
    'ghost text by the file as it is now',
    async () =>
      (await ghostTextBehind(`\nself.size${String(++line)} =`)) !== '' &&
      !workbench.enginePids().includes(first ?? 0),
    60_000,
  );
  const [second] = workbench.enginePids();
  await until('more ghost text', () => ghostTextBehind(`\nself.total${String(++line)} =`), 60_000);
  assert.deepEqual(workbench.enginePids(), [second], 'it was restarted more than once');
  assert.deepEqual(await workbench.notifications(), []);
});

test('deleted, it goes on completing', async () => {
  rmSync(path);
  assert.notEqual(await ghostTextBehind('\nself.size ='), '');
  assert.deepEqual(workbench.enginePids(), [first]);
  assert.deepEqual(await workbench.notifications(), []);
});

test('cut short, it completes no more, and that is said once', async () => {
  truncateSync(path, 4_096);
  await ghostTextBehind('\nself.size =');
  const told = await until('a message', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
  assert.match(told.join(), /^Hotset: [^,]*chosen\.gguf/);
  await workbench.screenshot('model-cut-short');
  await workbench.type('items');
  assert.deepEqual(await workbench.notifications(), told);
  assert.equal(await workbench.ghostText(), '');
  assert.deepEqual(workbench.enginePids(), []);
});
