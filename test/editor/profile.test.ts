/** Profiling the workspace from the palette: progress, result, plot, and completions that go on. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: {
      'inventory.py': fixture('inventory.py'),
      'queue.ts': fixture('queue.ts').repeat(4),
      'ignored.ts': fixture('rectangle.ts'),
      '.ignore': 'ignored.ts\n',
    },
  });
  await workbench.openFile('inventory.py', 'self.items = {}');
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

/** Profiling takes seconds, on a busy machine more. */
const longestMs = 60_000;

async function notificationThat(pattern: RegExp): Promise<string> {
  const find = async () => (await workbench.notifications()).find((message) => pattern.test(message));
  return until(`a notification like ${pattern.source}`, find, longestMs);
}

test('the palette profiles the workspace and says what it found', async () => {
  await workbench.command(paletteTitle('hotset.profileWorkspace'));
  const message = await notificationThat(/profiled \d+ tokens/);
  await workbench.screenshot('profiled');
  assert.match(message, /Python, TypeScript/);
  assert.match(message, /\d+% of the neurons carry 80% of the activations/);
});

test('the plot opens in an editor tab', async () => {
  await workbench.page.getByRole('button', { name: 'Show Plot' }).click();
  await workbench.page.locator('.tab', { hasText: 'Hotset: Neuron Skew' }).waitFor();
  const plot = workbench.page
    .frameLocator('iframe.webview.ready')
    .frameLocator('#active-frame')
    .locator('svg');
  await plot.waitFor();
  await workbench.screenshot('skew-plot');
});

test('suggestions go on with the model loaded again', async () => {
  await workbench.openFile('inventory.py', 'self.items = {}');
  await workbench.type('\nself.count =');
  await workbench.waitForGhostText();
});
