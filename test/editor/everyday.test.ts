/** Everyday switches: files left out, an hour's silence, shortcuts, a model named from the workspace folder. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { embeddedModel, fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: {
      '.vscode/settings.json': '{ "hotset.exclude": { "made/**": true, "**/*.gen.py": true } }',
      'inventory.py': fixture('inventory.py'),
      'shapes.gen.py': fixture('inventory.py'),
      'made/queue.ts': fixture('queue.ts'),
      'rectangle.ts': fixture('rectangle.ts'),
    },
    settings: { 'workbench.colorTheme': 'Default High Contrast' },
  });
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

test('nothing is suggested in files that are left out, and that is said', async () => {
  await workbench.openFile('shapes.gen.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.page.keyboard.press('Alt+Backslash');
  await workbench.command(paletteTitle('hotset.whyNothing'));
  const page = workbench.page.locator('.editor-group-container').last();
  await until('the reason', async () => /left\sout\sby\sthe\ssetting/.test(await page.innerText()));
  assert.equal(await workbench.ghostText(), '');
  await workbench.screenshot('excluded-contrast');
  await workbench.revert();
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
});

test('the shortcut asks here, and another takes one line', async () => {
  await workbench.page.keyboard.press('Escape');
  await workbench.waitForNoGhostText();
  await workbench.page.keyboard.press('Alt+Backslash');
  const shown = await workbench.waitForGhostText();
  await workbench.page.keyboard.press('Control+Alt+ArrowRight');
  const [firstLine = ''] = shown.split('\n');
  await until('a line was taken', async () => (await workbench.ghostText()) !== shown);
  const saved = await workbench.save('inventory.py');
  assert.ok(saved.includes(`self.count =${firstLine}\n`), saved);
});

test('snoozed, the engine is gone until a time that the status bar tells, and waking brings it back', async () => {
  await workbench.command(paletteTitle('hotset.snooze'));
  await until('the time', async () => /until \d+:\d\d/.test(await workbench.statusText()));
  await until('the engine is gone', () => workbench.enginePids().length === 0);
  await workbench.statusItem.hover();
  await workbench.page.locator('.monaco-hover', { hasText: 'Snoozed' }).first().waitFor();
  await workbench.screenshot('snoozed-contrast');
  await workbench.type(' + self.');
  assert.equal(await workbench.ghostText(), '');
  await workbench.statusItem.click();
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Wake up' }).click();
  await until('awake', async () => !(await workbench.statusText()).includes('until'));
  await workbench.openFile('rectangle.ts', 'this.width = width;');
  await workbench.type('\nthis.');
  await workbench.waitForGhostText();
});

test('a model path of the workspace begins in its folder', async () => {
  const { workspace } = workbench.server;
  mkdirSync(join(workspace, 'weights'));
  copyFileSync(embeddedModel(), join(workspace, 'weights', 'ours.gguf'));
  writeFileSync(join(workspace, '.vscode', 'settings.json'), '{ "hotset.model.path": "weights/ours.gguf" }');
  await until('another model than the embedded one', async () => {
    const label = await workbench.statusLabel();
    return label.includes('decoder') && !label.includes('better one is a click away');
  });
  assert.deepEqual(await workbench.notifications(), []);
});
