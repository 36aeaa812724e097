/** From the embedded model to a real one: choose, watch it come, complete with it. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { realModel } from '../models/real-model.ts';
import { ModelServer } from '../unit/models/model-server.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');
const name = 'Qwen2.5-Coder 0.5B Instruct';
let mirror: ModelServer;
let workbench: Workbench;
let isOpen = false;

before(async () => {
  if (!('path' in wanted)) return;
  mirror = await ModelServer.start(readFileSync(wanted.path));
  mirror.pieceBytes = 1 << 20;
});

after(async () => {
  if (!wanted.missing) await mirror.stop();
});

afterEach(async (context) => {
  if (!isOpen) return;
  isOpen = false;
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

async function open(theme: string): Promise<void> {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    settings: { 'workbench.colorTheme': theme },
    machineSettings: { 'hotset.models.mirror': mirror.address },
  });
  isOpen = true;
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  await workbench.page.keyboard.press('Escape');
}

async function choose(picture: string): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const row = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
  await row.waitFor();
  await workbench.screenshot(`${picture}-list`);
  await row.click();
  await workbench.page.locator('.notification-list-item', { hasText: `Downloading ${name}` }).waitFor();
  await until('something arrives', async () =>
    /\d+ of 491 MB/.test((await workbench.notifications()).join()),
  );
  await workbench.screenshot(`${picture}-download`);
}

function downloaded(): string[] {
  const folder = join(workbench.server.folder, '.cache', 'hotset', 'models');
  return existsSync(folder) ? readdirSync(folder) : [];
}

test('a real model is two clicks from the embedded one', { skip: wanted.missing }, async () => {
  mirror.pieceMs = 5;
  await open('Default Dark Modern');
  assert.match(await workbench.statusLabel(), /better one is a click away/);
  assert.deepEqual(mirror.ranges, [], 'something was fetched unasked');
  await choose('models-dark');
  const path = await until(
    'the model is in use',
    () => workbench.machineSettings()['hotset.model.path'],
    120_000,
  );
  assert.deepEqual(downloaded(), ['qwen2.5-coder-0.5b-instruct-q4_k_m.gguf']);
  assert.equal(mirror.ranges.length, 1);
  assert.match(String(path), /qwen2\.5-coder-0\.5b/);
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.total =');
  await workbench.waitForGhostText();
  assert.match(await workbench.statusLabel(), /Qwen2\.5/i);
  assert.doesNotMatch(await workbench.statusLabel(), /better one/);
  await workbench.screenshot('models-dark-ghost');
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const row = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
  assert.match(await row.innerText(), /in use/);
});

test(
  'a download that is cancelled leaves nothing, and the model stays',
  { skip: wanted.missing },
  async () => {
    mirror.pieceMs = 200;
    await open('Default Light Modern');
    await choose('models-light');
    const notification = workbench.page.locator('.notification-list-item', {
      hasText: `Downloading ${name}`,
    });
    await notification.getByRole('button', { name: 'Cancel' }).click();
    await notification.waitFor({ state: 'detached' });
    await until('nothing is left', () => downloaded().length === 0);
    assert.equal(workbench.machineSettings()['hotset.model.path'], undefined);
    assert.deepEqual(await workbench.notifications(), []);
  },
);
