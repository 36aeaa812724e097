/** What a person is told of a model file that is not as it should be. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test, type TestContext } from 'node:test';
import { copyWithoutInfilling, copyWithoutNumbers } from '../engine/gguf.ts';
import { embeddedModel, fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-model-faults-'));
let workbench: Workbench;

after(() => {
  rmSync(folder, { recursive: true });
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

async function open(copy: (from: string, to: string) => void): Promise<void> {
  const path = join(folder, 'chosen.gguf');
  copy(embeddedModel(), path);
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.model.path': path },
  });
}

async function typeInto(name: string): Promise<void> {
  await workbench.openFile(name, 'self.items = {}');
  await workbench.type('\nself.count =');
}

async function waitForNotification(): Promise<string[]> {
  return await until('a notification', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
}

test('a model without infilling tokens completes, and is told of once', async () => {
  await open(copyWithoutInfilling);
  await typeInto('inventory.py');
  await workbench.waitForGhostText();
  const [message, ...others] = await waitForNotification();
  assert.match(message ?? '', /^Hotset: chosen\.gguf has no infilling tokens/);
  assert.deepEqual(others, []);
  await workbench.screenshot('model-without-infilling');

  await workbench.command('Notifications: Clear All Notifications');
  await workbench.command('Hotset: Restart Engine');
  await workbench.page.keyboard.press('Escape');
  await workbench.revert();
  await typeInto('inventory.py');
  await workbench.waitForGhostText();
  assert.deepEqual(await workbench.notifications(), []);
});

test('a model whose answers are no numbers ends, with one message', async () => {
  await open(copyWithoutNumbers);
  await typeInto('inventory.py');
  const [message, ...others] = await waitForNotification();
  assert.match(message ?? '', /^Hotset: the model's answers are no numbers/);
  await workbench.screenshot('model-without-numbers');
  await until('the engine has gone', () => workbench.enginePids().length === 0);
  await workbench.type('items');
  assert.deepEqual([(await workbench.notifications()).length, others.length], [1, 0]);
  assert.equal(await workbench.ghostText(), '');
});
