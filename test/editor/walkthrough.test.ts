/** The first minutes: the walkthrough opens with its pictures, each button does what it says, and nothing ever stands in the way. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { fixture } from './fixture.ts';
import { until } from './until.ts';
import { Workbench, type Theme } from './workbench.ts';

const themes: Record<string, Theme> = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  contrast: 'Default High Contrast',
};

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py'), 'queue.ts': fixture('queue.ts') },
  });
  await makeRoom();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

after(async () => {
  await workbench.close();
});

async function openWalkthrough(): Promise<void> {
  await workbench.command('Welcome: Open Walkthrough');
  await workbench.page
    .locator('.quick-input-list .monaco-list-row', { hasText: 'Start with Hotset' })
    .click();
  await workbench.page.locator('.getting-started-step:enabled').first().waitFor();
}

/** Pictures stand beside the steps where there is room for both. */
async function makeRoom(): Promise<void> {
  await workbench.command('View: Close Primary Side Bar');
}

/** Opens a step of the walkthrough that is shown, the first being 0. */
async function step(index: number): Promise<void> {
  await workbench.page.locator('.getting-started-step').nth(index).click();
}

async function press(button: string): Promise<void> {
  await workbench.page.getByRole('button', { name: button, exact: true }).click();
}

/** Modal dialogs are in a block over the whole window. */
async function requireNoModal(): Promise<void> {
  assert.equal(await workbench.page.locator('.monaco-dialog-modal-block').count(), 0, 'a modal dialog');
}

/** Waits until the open step's picture can be seen, be it an image or the page that shows an SVG. */
async function pictureOfStep(): Promise<void> {
  await until('a picture', async () => {
    const pictures = await workbench.page
      .locator('.getting-started-media img, iframe.webview.ready')
      .filter({ visible: true })
      .all();
    const boxes = await Promise.all(pictures.map((picture) => picture.boundingBox()));
    return boxes.some((box) => box !== null && box.width > 200 && box.height > 100);
  });
}

for (const [name, theme] of Object.entries(themes)) {
  test(`walkthrough, ${name}: every step has its picture`, async () => {
    await workbench.changeTheme(theme);
    await openWalkthrough();
    assert.equal(await workbench.page.locator('.getting-started-step').count(), 4);
    for (let index = 0; index < 4; index++) {
      await step(index);
      await pictureOfStep();
      await workbench.screenshot(`walkthrough-${name}-${String(index + 1)}`);
      await requireNoModal();
    }
  });
}

test("the walkthrough's buttons do what they say, without a modal dialog", async () => {
  await workbench.changeTheme('Default Dark Modern');
  await openWalkthrough();
  await step(0);
  await press('Open an Example');
  await workbench.waitForGhostText();
  await workbench.screenshot('walkthrough-example');
  await requireNoModal();

  await openWalkthrough();
  await step(1);
  await press('Choose a Model');
  const rows = workbench.page.locator('.quick-input-list .monaco-list-row');
  await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'recommended' }).waitFor();
  await requireNoModal();
  await workbench.page.keyboard.press('Escape');
  await rows.first().waitFor({ state: 'hidden' });

  // Without a list that takes it, Escape leaves the walkthrough.
  await openWalkthrough();
  await step(2);
  await press('Profile This Workspace');
  await until('profiling is under way', async () => /profil/i.test((await workbench.notifications()).join()));
  await requireNoModal();

  await step(3);
  await press('Show the Neuron Map');
  await workbench.page.locator('.tab', { hasText: 'Hotset: Neuron Map' }).waitFor();
  await requireNoModal();
});
