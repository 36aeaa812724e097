/** Ghost text by llama.cpp's own server, and what a person sees when that dies: `npm run build:llama-server` makes it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { type LlamaServer, notBuilt, startLlamaServer } from '../models/llama-server.ts';
import { realModel } from '../models/real-model.ts';
import { fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const model = await realModel('smollm2-135m');
const skip = notBuilt || model.missing;
let llama: LlamaServer;
let workbench: Workbench;

before(async () => {
  if (notBuilt || model.missing !== false) return;
  llama = await startLlamaServer(model.path);
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    machineSettings: { 'hotset.server.url': llama.url },
  });
});

after(async () => {
  if (skip !== false) return;
  await llama.kill();
  await workbench.close();
});

afterEach(async (context) => {
  if (skip === false) await workbench.pictureOfFailure(context as TestContext);
});

test('its text is the ghost text, and the status bar says whose it is', { skip }, async () => {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  await until('its figures', async () => (await workbench.statusText()).includes('t/s · server'));
  const label = await workbench.statusLabel();
  assert.ok(label.includes(`Completed by ${llama.url}, on this machine`), label);
  assert.deepEqual(await workbench.notifications(), []);
  await workbench.screenshot('llama-server');
});

test('killed, it is told of once, and this machine goes on', { skip }, async () => {
  await workbench.page.keyboard.press('Escape');
  await llama.kill();
  await workbench.type('\nself.size =');
  await workbench.waitForGhostText();
  const told = await until('a message', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
  assert.match(told.join(), /^Hotset: this machine completes, because the server does not\. [^,]+$/);
  await workbench.screenshot('llama-server-killed');
  assert.match(await workbench.statusLabel(), /The server does not complete/);
  await workbench.page.keyboard.press('Escape');
  await workbench.type('\nself.total =');
  await workbench.waitForGhostText();
  assert.deepEqual(await workbench.notifications(), told);
});
