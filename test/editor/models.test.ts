/** From the embedded model to a real one: choose, watch it come, complete with it. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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
const file = 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf';
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

async function open(theme: string, { address = mirror.address, proxy = '' } = {}): Promise<void> {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    settings: { 'workbench.colorTheme': theme, 'http.proxy': proxy },
    machineSettings: { 'hotset.models.mirror': address },
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

function folderOfModels(): string {
  return join(workbench.server.folder, '.cache', 'hotset', 'models');
}

function downloaded(): string[] {
  const folder = folderOfModels();
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
  assert.equal(new Set(mirror.ranges).size, mirror.ranges.length, 'something was fetched twice');
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
  'three clicks and no typing bring the first ghost text of a real model',
  { skip: wanted.missing },
  async (context) => {
    mirror.pieceMs = 5;
    const unfinished = fixture('inventory.py').replace(
      'self.items = {}',
      'self.items = {}\n        self.count = ',
    );
    workbench = await Workbench.open({
      files: { 'inventory.py': unfinished },
      machineSettings: { 'hotset.models.mirror': mirror.address },
    });
    isOpen = true;
    await workbench.openFile('inventory.py', 'self.count = ');
    const rows = workbench.page.locator('.quick-input-list .monaco-list-row');
    const began = performance.now();
    await workbench.statusItem.click();
    await rows.filter({ hasText: 'Choose a model…' }).click();
    await rows.filter({ hasText: name }).click();
    const chosen = performance.now();
    await until('the file is there', () => downloaded().includes(file), 120_000);
    const there = performance.now();
    const shown = await until('ghost text', () => workbench.ghostText(), 60_000);
    const seen = performance.now();
    assert.match(await workbench.statusLabel(), /Qwen2\.5/i);
    await workbench.screenshot('models-three-clicks');
    context.diagnostic(
      `3 clicks; ${seconds(began, chosen)} to click, ${seconds(chosen, there)} to download 491 MB, ` +
        `${seconds(there, seen)} from there to ghost text (${shown.trim()})`,
    );
  },
);

function seconds(from: number, to: number): string {
  return `${((to - from) / 1_000).toFixed(1)} s`;
}

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

/** Presses a button of the model's row in the list. */
async function press(button: string, picture?: string): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const row = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
  await row.hover();
  const action = row.locator(`.action-label[aria-label^="${button}"]`);
  await action.waitFor();
  if (picture !== undefined) await workbench.screenshot(picture);
  await action.click();
}

async function messageLike(pattern: RegExp): Promise<void> {
  await until(`a message like ${pattern.source}`, async () =>
    (await workbench.notifications()).some((message) => pattern.test(message)),
  );
}

test(
  'a downloaded model is verified, shown where it lies, and deleted only when that is said twice',
  { skip: wanted.missing },
  async () => {
    await open('Default High Contrast');
    mkdirSync(folderOfModels(), { recursive: true });
    if ('path' in wanted) symlinkSync(wanted.path, join(folderOfModels(), file));
    await press('Verify', 'models-buttons-contrast');
    await messageLike(/is the published file: its SHA-256 is right/);
    await press('Show where it lies');
    await messageLike(/q4_k_m\.gguf/); // a browser has no file manager
    await press('Delete');
    await messageLike(/491 MB would have to be downloaded again/);
    await workbench.screenshot('models-delete-contrast');
    assert.deepEqual(downloaded(), [file]);
    // Not the bin of the list, which may still be about to close.
    await workbench.page.locator('.notifications-toasts .monaco-button', { hasText: /^Delete$/ }).click();
    await until('it is gone', () => downloaded().length === 0);
  },
);

test('a damaged model is found out, and there is a way on', { skip: wanted.missing }, async () => {
  await open('Default Light Modern');
  mkdirSync(folderOfModels(), { recursive: true });
  writeFileSync(join(folderOfModels(), file), 'GGUF, but not all of it');
  await press('Verify');
  await messageLike(/is not the published file: it is damaged/);
  await workbench.page.getByRole('button', { name: 'Download It Again' }).waitFor();
  await workbench.screenshot('models-damaged-light');
});

test("a download goes through the editor's proxy", { skip: wanted.missing }, async () => {
  mirror.pieceMs = 0;
  await open('Default Dark Modern', { address: 'http://models.example.com', proxy: mirror.address });
  await workbench.command(paletteTitle('hotset.chooseModel'));
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).click();
  await until('the model is there', () => downloaded().includes(file), 120_000);
  assert.ok(mirror.tunnels.includes('models.example.com:80'), mirror.tunnels.join());
});

test('the cache of packed weights is cleared from the palette', { skip: wanted.missing }, async () => {
  await open('Default Dark Modern');
  const cache = join(workbench.server.folder, '.cache', 'hotset', 'packed');
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'a-model.packed.gguf'), new Uint8Array(3e6));
  await workbench.command(paletteTitle('hotset.clearCache'));
  await messageLike(/removed 3 MB/);
  assert.deepEqual(readdirSync(cache), []);
});
