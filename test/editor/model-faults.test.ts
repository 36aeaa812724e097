/** What a person is told of a model file that is not as it should be. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test, type TestContext } from 'node:test';
import {
  copyWithMiddle,
  copyWithoutInfilling,
  copyWithoutNumbers,
  copyWithoutSplitting,
} from '../engine/gguf.ts';
import { realModel } from '../models/real-model.ts';
import { embeddedModel, fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-model-faults-'));
let workbench: Workbench;
let isOpen = false;

after(() => {
  rmSync(folder, { recursive: true });
});

afterEach(async (context) => {
  if (!isOpen) return;
  isOpen = false;
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

const path = join(folder, 'chosen.gguf');

async function open(copy: (from: string, to: string) => void, model = embeddedModel()): Promise<void> {
  copy(model, path);
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.model.path': path },
  });
  isOpen = true;
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

test('a model that names an ordinary token for the middle completes by its own one, and is told of once', async () => {
  const ordinary = 1_000;
  await open((from, to) => {
    copyWithMiddle(from, to, ordinary);
  });
  await typeInto('inventory.py');
  await workbench.waitForGhostText();
  const told = await waitForNotification();
  assert.match(
    told.join(),
    /^Hotset: chosen\.gguf names token 1000, an ordinary one, for a part of an infilling prompt: the vocabulary's own is used/,
  );
  await workbench.screenshot('model-wrong-middle');
  await workbench.type(' 1\nself.total =');
  await workbench.waitForGhostText();
  assert.deepEqual(await workbench.notifications(), told);
});

const chat = await realModel('smollm2-135m');

test('one message says all that a chat model lacks', { skip: chat.missing }, async () => {
  await open(copyWithoutSplitting, 'path' in chat ? chat.path : '');
  await typeInto('inventory.py');
  const told = await waitForNotification();
  assert.equal(told.length, 1);
  assert.match(told.join(), /^Hotset: chosen\.gguf .*tokenizer\.ggml\.pre/);
  assert.match(told.join(), /has no infilling tokens/);
  await workbench.screenshot('model-without-splitting');
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
