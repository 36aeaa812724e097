/** Why nothing was suggested, and what a problem report says, as a person reads it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

/** The palette takes the focus, and whoever leaves the editor waits for no answer. */
const answerMs = 4_000;

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py'), 'notes.md': '# Notes\n' },
    // So that the model is never sure enough.
    settings: { 'hotset.minimumConfidence': 1, 'workbench.colorTheme': 'Default Light Modern' },
  });
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

async function pageText(): Promise<string> {
  const lines = await workbench.page
    .locator('.editor-group-container')
    .last()
    .locator('.view-line')
    .allInnerTexts();
  return lines.join('\n').replaceAll('\u00a0', ' ');
}

async function ask(expected: RegExp): Promise<string> {
  await workbench.command(paletteTitle('hotset.whyNothing'));
  return await until(`an answer like ${expected.source}`, async () => {
    const text = await pageText();
    return expected.test(text.replaceAll('\n', '')) && text;
  });
}

test('a model that is too unsure is said to be, with threshold and times, beside the editor', async () => {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await sleep(answerMs);
  await ask(/only [\d.]+% sure of its first line; at least 100% are asked for/);
  const text = await ask(/the engine was asked/);
  assert.match(text.replaceAll('\n', ''), /inventory\.py line \d+/);
  await workbench.screenshot('why-light');
  // The focus stayed where one types.
  await workbench.type(' 1');
  assert.match(await workbench.save('inventory.py'), /self\.count = 1\n/);
});

test('where only the cursor moved, that is why nothing was asked', async () => {
  await workbench.goTo('inventory.py', 'import json');
  await ask(/Nothing was asked at the cursor \(line \d+\)|Nothing was asked at the cursor.*\(line \d+\)/);
});

test('a language that is off is named as the reason', async () => {
  await workbench.openFile('notes.md', '# Notes');
  await workbench.type(' on');
  await ask(/Hotset is off for this language/);
  await workbench.revert();
});

test('a problem report is shown before it is copied, and holds neither code nor paths', async () => {
  await workbench.command(paletteTitle('hotset.reportProblem'));
  const message = await until('a message', async () => {
    const shown = await workbench.notifications();
    return shown.length > 0 && shown.join();
  });
  assert.match(message, /nothing is sent/i);
  await workbench.screenshot('report-light');
  await workbench.page.getByRole('button', { name: 'Copy It' }).click();
  await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const text = await until('the copy', async () => {
    const copied = await workbench.page.evaluate<string>('navigator.clipboard.readText()');
    return copied.includes('problem report') && copied;
  });
  for (const wanted of [
    /Hotset: \d/,
    /processor: \S/,
    /hotset\.minimumConfidence: 1/,
    /hotset-code/,
    /\d ms/,
  ])
    assert.match(text, wanted);
  assert.ok(!text.includes(workbench.server.folder), 'a path');
  assert.doesNotMatch(text, /inventory\.py|self\.count|items/);
});
