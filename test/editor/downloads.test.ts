/** Downloads that go wrong, as a person sees them: too much, the wrong bytes, cut off and redirected, paused from one window to the next. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test, type TestContext } from 'node:test';
import { realModel } from '../models/real-model.ts';
import { ModelServer } from '../unit/models/model-server.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');
const skip = wanted.missing;
const name = 'Qwen2.5-Coder 0.5B Instruct';
const file = 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf';
let published: Buffer;
let mirror: ModelServer;
let workbench: Workbench;

before(() => {
  if ('path' in wanted) published = readFileSync(wanted.path);
});

beforeEach(async () => {
  if (skip !== false) return;
  mirror = await ModelServer.start(published);
  mirror.pieceBytes = 1 << 20;
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.models.mirror': mirror.address },
  });
});

afterEach(async (context) => {
  if (skip !== false) return;
  await mirror.stop();
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

after(() => {
  published = Buffer.alloc(0);
});

async function choose(): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).click();
}

/** A message that moves while the button is pressed takes no notice: it is pressed until the message goes. */
async function tryAgain(): Promise<void> {
  const toast = workbench.page
    .locator('.notifications-toasts .notification-list-item', { hasText: 'Try Again' })
    .first();
  await until('the message goes', async () => {
    await toast.locator('.monaco-button', { hasText: 'Try Again' }).click();
    return await toast.waitFor({ state: 'hidden', timeout: 1_000 }).then(
      () => true,
      () => false,
    );
  });
}

/** Names and bytes of what was downloaded so far. */
function downloaded(): Map<string, number> {
  const folder = join(workbench.server.folder, '.cache', 'hotset', 'models');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return new Map(
    names.map((each) => [each, statSync(join(folder, each), { throwIfNoEntry: false })?.size ?? 0]),
  );
}

async function messageLike(pattern: RegExp): Promise<void> {
  await until(
    `a message like ${pattern.source}`,
    async () => (await workbench.notifications()).some((message) => pattern.test(message)),
    60_000,
  );
}

async function modelInUse(): Promise<void> {
  await until('the model is in use', () => workbench.machineSettings()['hotset.model.path'], 120_000);
}

test(
  'too much and damaged it is refused; cut off and sent elsewhere it comes all the same',
  { skip },
  async () => {
    mirror.content = Buffer.concat([published, Buffer.alloc(1)]);
    await choose();
    await messageLike(/offers \d+ bytes, the published file has \d+/);
    await workbench.screenshot('download-too-big');

    mirror.content = Buffer.from(published);
    mirror.content[400_000_000] = (mirror.content[400_000_000] ?? 0) ^ 1;
    await tryAgain();
    await messageLike(/its SHA-256 is another\): nothing of it was kept/);
    await workbench.screenshot('download-damaged');
    assert.deepEqual([...downloaded().keys()], []);

    mirror.content = published;
    mirror.redirects = true;
    mirror.cutAt.add(150_000_000).add(300_000_000);
    mirror.ranges.length = 0;
    await tryAgain();
    await modelInUse();
    assert.equal(mirror.cutAt.size, 0, 'nothing was cut off');
    assert.equal(mirror.ranges.filter((range) => range.startsWith('bytes=0-')).length, 1, 'begun again');
    assert.deepEqual([...downloaded()], [[file, published.length]]);
  },
);

test('paused in one window, it goes on in the next where it was', { skip }, async () => {
  mirror.pieceMs = 50;
  await choose();
  await until('something arrives', () => [...downloaded().values()].some((bytes) => bytes > 5_000_000));
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const row = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name });
  await row.hover();
  await row.locator('.action-label[aria-label^="Pause"]').click();
  await until('the download ends', async () => (await workbench.notifications()).length === 0);
  await workbench.page.close();
  const asked = mirror.ranges.length;

  const [[part, bytes] = ['', 0]] = [...downloaded()];
  assert.match(part, /\.part$/);
  mirror.pieceMs = 0;
  workbench = await workbench.anotherWindow();
  await workbench.command(paletteTitle('hotset.chooseModel'));
  assert.match(
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).innerText(),
    /paused at \d+%/,
  );
  await workbench.screenshot('download-paused');
  assert.equal(mirror.ranges.length, asked, 'nothing goes on by itself');
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).click();
  await modelInUse();
  assert.ok(mirror.ranges[asked]?.startsWith(`bytes=${String(bytes)}-`), mirror.ranges[asked]);
  assert.deepEqual([...downloaded()], [[file, published.length]]);
});
