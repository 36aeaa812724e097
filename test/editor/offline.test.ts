/** A package that carries a real model completes with it on a machine that may not download, without any setting. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { root } from '../../scripts/node24.mjs';
import { realModel } from '../models/real-model.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { Workbench } from './workbench.ts';

const { missing } = await realModel('qwen2.5-coder-0.5b');
/** Half a gigabyte is packed, on a busy machine. */
const packingMs = 900_000;
const folder = mkdtempSync(join(tmpdir(), 'hotset-offline-'));
let printed = '';
let workbench: Workbench;

before(
  async () => {
    if (missing) return;
    const vsix = join(folder, 'offline.vsix');
    const args = ['scripts/package.mjs', '--model', 'qwen2.5-coder-0.5b', '--out', vsix];
    printed = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    workbench = await Workbench.open({ vsix, files: { 'inventory.py': fixture('inventory.py') } });
  },
  { timeout: packingMs },
);

after(async () => {
  if (!missing) await workbench.close();
  rmSync(folder, { recursive: true });
});

afterEach(async (context) => {
  if (!missing) await workbench.pictureOfFailure(context as TestContext);
});

test('what it weighs is printed, with the licence of what it carries', { skip: missing }, () => {
  assert.match(printed, /491\.4 MB {2}models\/qwen2\.5-coder-0\.5b-instruct-q4_k_m\.gguf/);
  assert.match(printed, /carries Qwen2\.5-Coder 0\.5B Instruct \(Apache-2\.0\)/);
  assert.match(printed, /\d+\.\d MB .*\(packed\)/);
});

test('installed, it completes with the model that it carries', { skip: missing }, async () => {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.total =');
  await workbench.waitForGhostText();
  assert.match(await workbench.statusLabel(), /Qwen2\.5/);
  assert.doesNotMatch(await workbench.statusLabel(), /better one/);
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const row = workbench.page.locator('.quick-input-list .monaco-list-row', {
    hasText: 'Qwen2.5-Coder 0.5B Instruct',
  });
  assert.match(await row.innerText(), /in use/);
  await workbench.screenshot('offline');
  assert.deepEqual(await workbench.notifications(), []);
});
