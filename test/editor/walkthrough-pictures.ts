/**
 * Takes the pictures of the walkthrough, in the packaged extension in the real editor with a real model: the list of models and
 * the status bar's tooltip, dark and light.
 *
 *     node test/editor/walkthrough-pictures.ts [MODEL]        qwen2.5-coder-0.5b in the user's cache when left out
 */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { realModelPath } from '../../scripts/real-models.mjs';
import { root } from '../../scripts/node24.mjs';
import { fixture } from './fixture.ts';
import { paletteTitle } from './manifest.ts';
import { Workbench } from './workbench.ts';

const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern' };
/** The list is longer than a picture. */
const listHeight = 240;
const margin = 12;
/** Until what has opened is no longer half transparent. */
const fadingMs = 1_000;

const model = process.argv[2] ?? realModelPath('qwen2.5-coder-0.5b');
if (model === null) throw new Error('name a model, or download qwen2.5-coder-0.5b first');

for (const [name, theme] of Object.entries(themes)) {
  const workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py') },
    scale: 1.5,
    settings: { 'workbench.colorTheme': theme, 'workbench.reduceMotion': 'on' },
    machineSettings: { 'hotset.model.path': resolve(model) },
  });
  try {
    await workbench.page.setViewportSize({ width: 880, height: 560 });
    await workbench.openFile('inventory.py', 'self.items = {}');
    await workbench.page.keyboard.press('Control+B'); // hides the side bar
    await workbench.type('\nself.count = ');
    await workbench.waitForGhostText();
    await takeTooltip(workbench, name);
    await takeList(workbench, name);
  } finally {
    await workbench.close();
  }
}

async function takeTooltip({ page, statusItem }: Workbench, name: string): Promise<void> {
  await statusItem.hover();
  const tooltip = page.locator('.monaco-hover', { hasText: 'decoder' }).first();
  await tooltip.waitFor();
  const box = await tooltip.boundingBox();
  const bar = await statusItem.boundingBox();
  if (box === null || bar === null) throw new Error('the tooltip is gone');
  const x = Math.min(box.x, bar.x) - margin;
  const y = box.y - margin;
  const width = Math.min(880, Math.max(box.x + box.width, bar.x + bar.width) + margin) - x;
  await page.screenshot({
    path: target('status', name),
    clip: { x, y, width, height: 560 - y },
    animations: 'disabled',
  });
  await page.mouse.move(10, 10);
}

async function takeList(workbench: Workbench, name: string): Promise<void> {
  await workbench.command(paletteTitle('hotset.chooseModel'));
  const { page } = workbench;
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'recommended' }).waitFor();
  await sleep(fadingMs);
  const box = await page.locator('.quick-input-widget').boundingBox();
  if (box === null) throw new Error('the list is gone');
  const clip = { ...box, height: Math.min(box.height, listHeight) };
  await page.screenshot({ path: target('models', name), clip, animations: 'disabled' });
}

function target(what: string, theme: string): string {
  return join(root, 'media', 'walkthrough', `${what}-${theme}.png`);
}
