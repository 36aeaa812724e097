/** What the editor shows when the engine dies: nothing, until it dies too often. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const restarts = 5;

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
  });
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

/** Kills the engine as the system would: no chance to say goodbye. */
async function killEngine(): Promise<void> {
  const pid = await until('a running engine', () => workbench.enginePids()[0]);
  process.kill(pid, 'SIGKILL');
  await until('the engine is gone', () => !workbench.enginePids().includes(pid));
}

async function typeUntilGhostText(): Promise<void> {
  await until(
    'ghost text after the engine came back',
    async () => {
      await workbench.page.keyboard.press('Escape');
      // Where a line stands there broken off, the model may break off the next one as well.
      await workbench.revert();
      await workbench.openFile('inventory.py', 'self.items = {}');
      await workbench.type('\nself.count =');
      return until('ghost text', () => workbench.ghostText(), 3_000).catch(() => '');
    },
    60_000,
  );
}

test('killed while typing, the engine comes back and nothing is shown', async () => {
  await workbench.page.keyboard.press('Escape');
  await workbench.type('\nself.count =');
  await killEngine();
  await workbench.type('items');
  assert.deepEqual(await workbench.notifications(), []);
  await workbench.screenshot('after-kill');
  await typeUntilGhostText();
  assert.deepEqual(await workbench.notifications(), []);
});

test('killed too often, the engine stays away and says so once, with a way back', async () => {
  // The test above used up the first restart.
  for (let kill = 1; kill <= restarts; kill++) {
    await killEngine();
    if (kill < restarts) await typeUntilGhostText();
  }
  const messages = await until('a notification', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown;
  });
  await workbench.screenshot('crashed-too-often');
  assert.equal(messages.length, 1);
  await workbench.type('\nself.count =');
  assert.equal((await workbench.notifications()).length, 1);
  await workbench.page.locator('.notification-toast .monaco-button', { hasText: /restart/i }).click();
  await typeUntilGhostText();
  assert.deepEqual(await workbench.notifications(), []);
});

test('closing the window ends the engine', async () => {
  assert.equal(workbench.enginePids().length, 1);
  await workbench.page.close();
  await until('the engine is gone', () => workbench.enginePids().length === 0, 30_000);
});
