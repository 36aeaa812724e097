/** Ghost text that another engine writes: `hotset serve` of another process, behind a key. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { serve, type Serving } from '../engine/serve-process.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const key = 'sk-7f3a-nobody-may-see-this';
let other: Serving;
let workbench: Workbench;

before(async () => {
  other = await serve('--token', key);
});

after(async () => {
  await other.stop();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.close();
});

async function open(url: string, options: Partial<Parameters<typeof Workbench.open>[0]> = {}): Promise<void> {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.server.url': url },
    ...options,
  });
}

async function typeSomething(): Promise<void> {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
}

/** Everything that the editor wrote, and its extensions' logs, but not the pages that it shows. */
function written(folder: string): string {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(?:json|log|txt)$/.test(entry.name))
    .filter(({ parentPath }) => !parentPath.includes('chromium') && !parentPath.includes('extensions'))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .join('\n');
}

test('without its key the server is told of once; with it, its text is the ghost text', async () => {
  await open(other.url);
  await typeSomething();
  await workbench.waitForGhostText();
  const [message] = await until('a message', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
  assert.match(message ?? '', /this machine completes, because the server does not.*refuses the key/);
  await workbench.screenshot('server-refuses');
  assert.match(await workbench.statusLabel(), /The server does not complete/);

  await workbench.command(paletteTitle('hotset.setServerKey'));
  await workbench.page.locator('.quick-input-widget input[type="password"]').fill(key);
  await workbench.page.keyboard.press('Enter');
  await until('the server completes', async () => (await workbench.statusLabel()).includes('Completed by'));
  await workbench.type('\nself.size = ');
  await workbench.waitForGhostText();
  await until('its figures', async () => (await workbench.statusText()).includes('t/s · server'));
  await workbench.screenshot('server-completes');
  const label = await workbench.statusLabel();
  assert.match(label, /on this machine/);
  assert.doesNotMatch(label, /cloud/, 'nothing leaves this machine');
  assert.equal((await workbench.notifications()).length, 1, 'it was told once');
  const everything = [label, await workbench.page.content(), written(workbench.server.folder)].join('\n');
  assert.ok(everything.length > 1_000 && !everything.includes(key));
});

test('a workspace can’t say which server completes', async () => {
  await open('', {
    machineSettings: {},
    files: {
      'inventory.py': fixture('inventory.py'),
      '.vscode/settings.json': JSON.stringify({ 'hotset.server.url': other.url }),
    },
  });
  await typeSomething();
  await workbench.waitForGhostText();
  assert.doesNotMatch(await workbench.statusLabel(), /erver/);
  assert.deepEqual(await workbench.notifications(), []);
});
