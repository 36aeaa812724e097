/**
 * Records typing with ghost text following, in the packaged extension in the real editor and at its real speed: frames, and
 * the animation that the README shows.
 *
 *     npm run recording -- FOLDER [--model MODEL] [--theme 'Default Light Modern'] [--animation media/typing.webp] [--threads 1]
 *
 * The animation is made by img2webp, of Debian's package `webp`. Where there are two cores only, leave one to the browser.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { readEditor } from './editor-text.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

const name = 'statistics.py';
const before = `def mean(values):
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
const tabSize = 4;
/** So that nothing scrolls: the editor keeps five lines below the cursor. */
const size = { width: 960, height: 560 };
/** At most: what does not change makes no frame. */
const framesPerSecond = 10;
const keyMs = 110;
const readingMs = 600;
/** What comes next is thought of between words. */
const thinkingMs = 350;
/** Nobody stops typing for less. */
const fewestLetters = 4;
const lastFrameMs = 3_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string' },
    theme: { type: 'string', default: 'Default Dark Modern' },
    threads: { type: 'string', default: '0' },
    animation: { type: 'string' },
  },
});
const [folder] = positionals;
if (folder === undefined) throw new Error('name a folder for the frames: npm run recording -- FOLDER');
mkdirSync(folder, { recursive: true });

const workbench = await Workbench.open({
  files: { [name]: before },
  settings: {
    'workbench.colorTheme': values.theme,
    'workbench.activityBar.location': 'hidden',
    'editor.autoClosingBrackets': 'languageDefined',
    'editor.cursorBlinking': 'solid',
    'editor.fontSize': 18,
    'editor.tabSize': tabSize,
    'workbench.reduceMotion': 'on',
  },
  machineSettings: {
    'hotset.engine.threads': Number(values.threads),
    ...(values.model === undefined ? {} : { 'hotset.model.path': resolve(values.model) }),
  },
});
const { page } = workbench;

interface Frame {
  readonly path: string;
  /** Seconds, since some moment. */
  readonly time: number;
}

/** Keeps what the page draws, each picture with the moment at which it was drawn, until it is told to stop. */
async function record(from: Page, folder: string): Promise<() => Promise<Frame[]>> {
  const session = await from.context().newCDPSession(from);
  const frames: Frame[] = [];
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    const path = join(folder, `frame-${String(frames.length).padStart(4, '0')}.png`);
    writeFileSync(path, Buffer.from(data, 'base64'));
    frames.push({ path, time: metadata.timestamp ?? 0 });
    // The next one is drawn once this one is acknowledged.
    setTimeout(
      () => void session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined),
      1_000 / framesPerSecond,
    );
  });
  await session.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
  return async () => {
    await session.send('Page.stopScreencast');
    return frames;
  };
}

/** Types `text` behind what stands there. @returns how many letters were taken from the ghost text */
async function write(text: string): Promise<number> {
  let taken = 0;
  for (let at = 0; at < text.length;) {
    const length = await lettersSuggested(text.slice(0, at), text);
    if (length >= fewestLetters) {
      await sleep(readingMs);
      if ((await lettersSuggested(text.slice(0, at), text)) !== length) continue;
      await page.keyboard.press('Tab');
      at += length;
      taken += length;
    } else if (text[at] === '\n') {
      at += await newLine(text.slice(0, at), text.slice(at + 1));
    } else {
      await page.keyboard.press(text.charAt(at++));
      if (/\S\s$/.test(text.slice(0, at))) await sleep(thinkingMs);
    }
    await sleep(keyMs * (0.5 + Math.random()));
  }
  return taken;
}

/** How much of what is wanted next stands there as ghost text; 0 where that says anything else. */
async function lettersSuggested(written: string, wanted: string): Promise<number> {
  const { text, shown } = await readEditor(page);
  const said = shown.trimEnd();
  const isWanted = shown !== text && (before + wanted).startsWith(said);
  return isWanted ? Math.max(0, said.length - before.length - written.length) : 0;
}

/** Ends the line and goes to the column where the next one begins, which the editor guesses. @returns the letters that saves */
async function newLine(written: string, following: string): Promise<number> {
  await page.keyboard.press('Enter');
  const line = written.slice(written.lastIndexOf('\n') + 1);
  const guessed = indentation(line) + (line.endsWith(':') ? tabSize : 0);
  const wanted = indentation(following);
  for (let column = guessed; column > wanted; column -= tabSize) {
    await sleep(keyMs);
    await page.keyboard.press('Backspace');
  }
  return 1 + wanted;
}

function indentation(text: string): number {
  return text.length - text.trimStart().length;
}

/** Each frame for as long as it was to be seen. */
function animate(frames: readonly Frame[], target: string): void {
  const shown = frames.flatMap(({ path, time }, index) => {
    const next = frames[index + 1];
    const milliseconds = next === undefined ? lastFrameMs : Math.round((next.time - time) * 1_000);
    return milliseconds > 0 ? ['-d', String(milliseconds), path] : [];
  });
  execFileSync('img2webp', ['-loop', '0', '-min_size', '-lossless', '-m', '4', ...shown, '-o', target], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

try {
  await workbench.openFile(name);
  await page.setViewportSize(size);
  await page.keyboard.press('Control+B'); // hides the side bar
  await page.keyboard.press('Control+End');
  await page
    .locator('.statusbar-item', { hasText: /Analyzing|Initializing|Activating/ })
    .waitFor({ state: 'detached' });
  await until('the model', async () => (await workbench.statusLabel()).includes('decoder'), 60_000);
  const stop = await record(page, folder);
  const taken = await write(wanted);
  await sleep(readingMs);
  const frames = await stop();
  if (!(await readEditor(page)).text.startsWith(before + wanted))
    throw new Error('something else was written');
  console.log(`${frames.length} frames; ${taken} of ${wanted.length} letters taken`);
  if (values.animation !== undefined) animate(frames, values.animation);
} finally {
  await workbench.close();
}
