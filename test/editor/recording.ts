/**
 * Records typing with ghost text following: frames of the packaged extension in the real editor.
 *
 *     npm run recording -- FOLDER [--model MODEL] [--theme 'Default Light Modern']
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Workbench } from './workbench.ts';

const name = 'statistics.py';
const before = `"""Figures about lists of numbers."""


def mean(values):
    return sum(values) / len(values)


`;
/** What the person has in mind: typed letter by letter, and taken from the ghost text where it says the same. */
const wanted = `def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
`;
const framesPerSecond = 8;
const keyMs = 110;
const readingMs = 700;
/** What comes next is thought of between words. */
const thinkingMs = 500;
/** Nobody stops typing for less. */
const fewestLetters = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string' }, theme: { type: 'string', default: 'Default Dark Modern' } },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name a folder for the frames: npm run recording -- FOLDER');
mkdirSync(folder, { recursive: true });

const workbench = await Workbench.open({
  files: { [name]: before },
  settings: {
    'workbench.colorTheme': values.theme,
    'workbench.activityBar.location': 'hidden',
    'editor.fontSize': 15,
    'editor.autoIndent': 'none',
  },
  machineSettings: values.model === undefined ? {} : { 'hotset.model.path': resolve(values.model) },
});
const { page } = workbench;

/** Takes a frame whenever one is due, until the signal is aborted. @returns how many */
async function record(folder: string, signal: AbortSignal): Promise<number> {
  let frames = 0;
  for (; !signal.aborted; frames++) {
    const due = performance.now() + 1_000 / framesPerSecond;
    await page.screenshot({ path: join(folder, `frame-${String(frames).padStart(4, '0')}.png`) });
    await sleep(Math.max(0, due - performance.now()));
  }
  return frames;
}

/** @returns how much of what is wanted was taken from the ghost text */
async function write(text: string): Promise<number> {
  let taken = 0;
  for (let at = 0; at < text.length;) {
    const ghost = await workbench.ghostText();
    if (ghost.length >= fewestLetters && text.startsWith(ghost, at)) {
      await sleep(readingMs);
      if ((await workbench.ghostText()) !== ghost) continue;
      await page.keyboard.press('Tab');
      at += ghost.length;
      taken += ghost.length;
    } else {
      const character = text.charAt(at++);
      await page.keyboard.press(character === '\n' ? 'Enter' : character);
      if (/\S\s$/.test(text.slice(0, at))) await sleep(thinkingMs);
    }
    await sleep(keyMs * (0.5 + Math.random()));
  }
  return taken;
}

try {
  await workbench.openFile(name);
  await page.setViewportSize({ width: 800, height: 480 });
  await page.keyboard.press('Control+B'); // hides the side bar
  await page.keyboard.press('Control+End');
  await page.locator('.statusbar-item', { hasText: /Analyzing|Initializing/ }).waitFor({ state: 'detached' });
  const stop = new AbortController();
  const recorded = record(folder, stop.signal);
  const taken = await write(wanted);
  await sleep(readingMs);
  stop.abort();
  console.log(`${String(await recorded)} frames; ${String(taken)} of ${String(wanted.length)} letters taken`);
} finally {
  await workbench.close();
}
