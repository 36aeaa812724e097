/** A person types and takes what is offered: the packaged extension in a real editor. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { fixture } from './fixture.ts';
import { memoryOf } from './memory.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: {
      'inventory.py': fixture('inventory.py'),
      'queue.ts': fixture('queue.ts'),
      'windows.py': fixture('inventory.py').replaceAll('\n', '\r\n'),
    },
  });
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
  await workbench.page.keyboard.press('Escape');
  await workbench.revert();
});

test('opening the editor starts no engine and shows no message', async () => {
  assert.deepEqual(workbench.enginePids(), []);
  assert.deepEqual(await workbench.notifications(), []);
});

test('ghost text appears while typing Python, and Tab inserts exactly what was shown', async () => {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
  await workbench.screenshot('python-ghost-text');
  const ghost = await workbench.acceptGhostText();
  const saved = await workbench.save('inventory.py');
  assert.ok(
    saved.includes(`self.items = {}\n        self.count =${ghost}`),
    `not inserted: ${JSON.stringify(ghost)}`,
  );
});

test('ghost text appears in TypeScript and Escape dismisses it without a trace', async () => {
  await workbench.openFile('queue.ts', 'consumer(item);');
  const original = workbench.read('queue.ts');
  await workbench.type('\nthis.');
  await workbench.waitForGhostText();
  await workbench.screenshot('typescript-ghost-text');
  await workbench.page.keyboard.press('Escape');
  await workbench.waitForNoGhostText();
  const saved = await workbench.save('queue.ts');
  assert.equal(saved, original.replace('consumer(item);', 'consumer(item);\n      this.'));
});

test('the ghost text is taken word by word', async () => {
  await workbench.openFile('inventory.py', 'self.path = path');
  await workbench.type('\nself.count =');
  const ghost = await workbench.waitForGhostText();
  await workbench.page.keyboard.press('Control+ArrowRight');
  const saved = await workbench.save('inventory.py');
  const inserted = /self\.path = path\n {8}self\.count =(.*)\n/.exec(saved)?.[1] ?? '';
  assert.ok(inserted.length > 0 && ghost.startsWith(inserted), `${inserted} is no start of ${ghost}`);
});

test('typing what the ghost text says keeps the rest of it', async () => {
  await workbench.openFile('inventory.py', 'self.path = path');
  await workbench.type('\nself.count =');
  const ghost = await workbench.waitForGhostText();
  await workbench.type(ghost.charAt(0));
  await until('the rest of the ghost text', async () => (await workbench.ghostText()) === ghost.slice(1));
});

test('a file with CRLF line ends keeps them', async () => {
  await workbench.openFile('windows.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.acceptGhostText();
  const saved = await workbench.save('windows.py');
  assert.doesNotMatch(saved, /[^\r]\n/);
});

test('the status bar shows tokens per second and the neuron split of the last completion', async () => {
  await workbench.openFile('queue.ts', 'consumer(item);');
  await workbench.type('\nthis.');
  await workbench.waitForGhostText();
  await until('figures in the status bar', async () =>
    /\d+ t\/s .*\d+\/\d+/.test(await workbench.statusText()),
  );
  await workbench.statusItem.hover();
  const hover = workbench.page.locator('.workbench-hover-container .hover-contents');
  await hover.first().waitFor();
  await workbench.screenshot('status-tooltip');
  const text = await hover.first().innerText();
  for (const word of ['hotset-code', 'hybrid', 'hot', 'cold', 'Activity', 'sure of the first line']) {
    assert.match(text, new RegExp(word, 'i'), `the tooltip does not tell ${word}`);
  }
});

test('the engine stays small', (context) => {
  const [pid] = workbench.enginePids();
  assert.ok(pid !== undefined, 'no engine runs');
  const mebibytes = memoryOf(pid);
  context.diagnostic(`engine process: ${String(mebibytes)} MiB`);
  // The model, its cache and Node take a third of this.
  assert.ok(mebibytes < 400, `${String(mebibytes)} MiB`);
});

test('nothing left this machine', () => {
  assert.deepEqual(workbench.outside, []);
});
