/**
 * Takes the pictures of the walkthrough, in the packaged extension in the real editor with a real model: the list of models and
 * the neuron map beside ghost text, dark and light.
 *
 *     node test/editor/walkthrough-pictures.ts [MODEL]        qwen2.5-coder-0.5b in the user's cache when left out
 *
 * The model needs a profile beside it (`node dist/cli.cjs profile MODEL FOLDER`).
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrowserContext } from 'playwright-core';
import { realModelPath } from '../../scripts/real-models.mjs';
import { root } from '../../scripts/node24.mjs';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern' };
/** The list is longer than a picture. */
const listHeight = 240;
const listSize = { width: 880, height: 560 };
/** Room for code and the map side by side. */
const mapSize = { width: 1180, height: 720 };
/** Until what has opened is no longer half transparent. */
const fadingMs = 1_000;
const webpQuality = 0.85;

/** In the file that is shown. */
const before = 'self.items = json.load(file)';
const typed = '\nfor name, ';

const model = process.argv[2] ?? realModelPath('qwen2.5-coder-0.5b');
if (model === null) throw new Error('name a model, or download qwen2.5-coder-0.5b first');

for (const [name, theme] of Object.entries(themes)) {
  await inEditor(theme, listSize, {}, async (workbench) => takeList(workbench, name));
  const settings = {
    'hotset.model.path': resolve(model),
    // Alone in this mode a model with SiLU leaves neurons out: in others its map is of one colour.
    'hotset.model.mode': 'thresholded',
  };
  await inEditor(theme, mapSize, settings, async (workbench) => takeMap(workbench, name));
}

async function inEditor(
  theme: string,
  size: { width: number; height: number },
  machineSettings: Record<string, unknown>,
  take: (workbench: Workbench) => Promise<void>,
): Promise<void> {
  const workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    scale: 1.5,
    settings: {
      'workbench.colorTheme': theme,
      'workbench.reduceMotion': 'on',
      'workbench.activityBar.location': 'hidden',
      'editor.minimap.enabled': false,
    },
    machineSettings,
  });
  try {
    await workbench.page.setViewportSize(size);
    await workbench.openFile('inventory.py', before);
    await workbench.page.keyboard.press('Control+B'); // hides the side bar
    await take(workbench);
  } finally {
    await workbench.close();
  }
}

/** The map once it shows what fired for the ghost text beside it. */
async function takeMap(workbench: Workbench, name: string): Promise<void> {
  const { page } = workbench;
  await workbench.command(paletteTitle('hotset.showNeurons'));
  const map = page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
  await map.locator('#layers tr').first().waitFor();
  await page.keyboard.press('Control+1');
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
  await workbench.type(typed);
  await workbench.waitForGhostText();
  await until('what fired', async () =>
    /[1-9]\d* tokens? watched/.test((await map.locator('#watched').textContent()) ?? ''),
  );
  await sleep(fadingMs);
  // Without the status bar: beside a browser that draws on the processor, tokens per second are no measure of the model.
  const bar = await page.locator('.part.statusbar').boundingBox();
  const clip = { x: 0, y: 0, width: mapSize.width, height: bar?.y ?? mapSize.height };
  const picture = await page.screenshot({ clip, animations: 'disabled' });
  writeFileSync(target('map', `${name}.webp`), await asWebP(page.context(), picture));
}

/** About half the PNG's bytes where a picture is full of noise, as a map is. The browser knows how. */
async function asWebP(context: BrowserContext, png: Buffer): Promise<Buffer> {
  const page = await context.newPage();
  const url = await page.evaluate<string>(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/webp', quality: ${String(webpQuality)} });
    const reader = new FileReader();
    reader.readAsDataURL(blob);
    await new Promise((resolve) => (reader.onload = resolve));
    return reader.result;
  })()`);
  await page.close();
  return Buffer.from(url.split(',')[1] ?? '', 'base64');
}

async function takeList(workbench: Workbench, name: string): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const { page } = workbench;
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'recommended' }).waitFor();
  await sleep(fadingMs);
  const box = await page.locator('.quick-input-widget').boundingBox();
  if (box === null) throw new Error('the list is gone');
  const clip = { ...box, height: Math.min(box.height, listHeight) };
  await page.screenshot({ path: target('models', `${name}.png`), clip, animations: 'disabled' });
}

function target(what: string, ending: string): string {
  return join(root, 'media', 'walkthrough', `${what}-${ending}`);
}
