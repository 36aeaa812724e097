/** A model for each language and for each workspace, in one engine that rests when nobody asks and is back when somebody does. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { realModel } from '../models/real-model.ts';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');
const skip = wanted.missing;
const path = 'path' in wanted ? wanted.path : '';
let workbench: Workbench;

before(async () => {
  if (skip) return;
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py'), 'rectangle.ts': fixture('rectangle.ts') },
    settings: { 'workbench.colorTheme': 'Default Light Modern' },
    machineSettings: { 'hotset.model.pathByLanguage': { python: path } },
  });
});

after(async () => {
  if (!skip) await workbench.close();
});

afterEach(async (context) => {
  if (!skip) await workbench.pictureOfFailure(context as TestContext);
});

async function ghostTextIn(name: string, marker: string, typed: string): Promise<void> {
  await workbench.openFile(name, marker);
  await workbench.type(typed);
  await workbench.waitForGhostText();
  await workbench.page.keyboard.press('Escape');
  await workbench.revert();
}

const inPython = () => ghostTextIn('inventory.py', 'self.items = {}', '\nself.count =');
const inTypeScript = () => ghostTextIn('rectangle.ts', 'this.width = width;', '\nthis.');

/** Waits for what a screen reader is told of the model. */
async function modelIs(name: RegExp): Promise<void> {
  await until(`the model ${name.source}`, async () => name.test(await workbench.statusLabel()));
}

function theEngine(): number {
  const pids = workbench.enginePids();
  assert.equal(pids.length, 1, 'one engine process');
  return pids[0] ?? 0;
}

async function textOf(command: string): Promise<string> {
  await workbench.command(paletteTitle(command));
  const list = workbench.page.locator('.quick-input-list');
  await list.locator('.monaco-list-row', { hasText: 'Qwen2.5-Coder 0.5B' }).waitFor();
  return await list.innerText();
}

test(
  'each language is completed by its own model, and going from file to file starts nothing',
  { skip },
  async () => {
    await inPython();
    await modelIs(/Qwen2\.5/);
    const engine = theEngine();
    await inTypeScript();
    await modelIs(/better one is a click away/);
    await inPython();
    await modelIs(/Qwen2\.5/);
    assert.equal(theEngine(), engine);
    assert.deepEqual(await workbench.notifications(), []);
  },
);

test('which model answers in the file at hand is said where one asks', { skip }, async () => {
  await workbench.command(paletteTitle('hotset.whyNothing'));
  const page = workbench.page.locator('.editor-group-container').last();
  await until('the model', async () =>
    /Qwen2\.5.*,\s+the\s+model\s+for\s+python/s.test(await page.innerText()),
  );
  await workbench.screenshot('several-why-light');
  await workbench.page.keyboard.press('Control+1');
  assert.match(await textOf('hotset.chooseLanguageModel'), /in use for python[^]*As for Other Languages/);
  await workbench.screenshot('several-list-light');
  await workbench.page.keyboard.press('Escape');
  await workbench.statusItem.click();
  await workbench.page
    .locator('.quick-input-list .monaco-list-row', { hasText: 'Choose a model for python' })
    .waitFor();
  await workbench.screenshot('several-menu-light');
  await workbench.page.keyboard.press('Escape');
});

test('a workspace has its own models, without a restart', { skip }, async () => {
  const engine = theEngine();
  await inTypeScript();
  const settings = { 'hotset.model.pathByLanguage': { typescript: path } };
  writeFileSync(join(workbench.server.workspace, '.vscode', 'settings.json'), JSON.stringify(settings));
  await modelIs(/Qwen2\.5/);
  await inTypeScript();
  assert.equal(theEngine(), engine);
  assert.match(
    await textOf('hotset.chooseModel'),
    /in use for python, typescript|in use for typescript, python/,
  );
  await workbench.page.keyboard.press('Escape');
});

test('an engine that nobody asks leaves memory, and ghost text comes all the same', { skip }, async () => {
  const machine = join(workbench.server.folder, 'data', 'Machine', 'settings.json');
  const settings = JSON.parse(readFileSync(machine, 'utf8')) as Record<string, unknown>;
  await inPython();
  writeFileSync(machine, JSON.stringify({ ...settings, 'hotset.engine.idleMinutes': 0.1 }));
  await modelIs(/left memory/);
  await until('the engine is gone', () => workbench.enginePids().length === 0);
  await workbench.screenshot('several-resting-light');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  await modelIs(/Qwen2\.5/);
  assert.deepEqual(await workbench.notifications(), []);
});
