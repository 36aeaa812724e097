/** Nothing more can be written, nothing can be run from there. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, test, type TestContext } from 'node:test';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import { Scribe } from './scribe.ts';
import { forbidRunning, reasonToSkip, SmallDisk } from './system.ts';

const skip = reasonToSkip();
/** Room for a folder or two. */
const kibibytes = 64;

let scribe: Scribe | undefined;
let undo: (() => void)[] = [];

afterEach(async (context) => {
  await scribe?.workbench.pictureOfFailure(context as TestContext);
  for (const step of undo.toReversed()) step();
  await scribe?.workbench.close();
  await until('no engine', () => (scribe?.workbench.enginePids() ?? []).length === 0);
  [scribe, undo] = [undefined, []];
});

/** Opening the list of models has the engine measure the machine, and keep what it found: the log tells that it can't. */
async function measure({ workbench }: Scribe): Promise<void> {
  await workbench.command('Hotset: Choose a Model');
  await until('the log', () => logOf(workbench.server.folder).includes('is not kept'), 120_000);
  await workbench.page.keyboard.press('Escape');
  await workbench.page.keyboard.press('Control+1');
}

function logOf(folder: string): string {
  const logs = join(folder, 'data', 'logs');
  return readdirSync(logs, { recursive: true, encoding: 'utf8' })
    .filter((path) => basename(path) === 'Hotset.log')
    .map((path) => readFileSync(join(logs, path), 'utf8'))
    .join('');
}

/**
 * What the extension keeps in a cache folder, but for the file by whose time of change engines talk: it is empty where there is
 * room, too.
 */
function writtenBy(folder: string): string[] {
  const ours = join(folder, 'hotset');
  if (!existsSync(ours)) return [];
  return readdirSync(ours, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !/^completing-[^/]*$/.test(path) || statSync(join(ours, path)).size > 0,
  );
}

for (const fault of ['full', 'read-only'] as const) {
  test(`a ${fault} cache folder costs nothing but what would be kept there`, { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hotset-cache-'));
    const disk = new SmallDisk(folder, kibibytes);
    undo.push(() => {
      disk.remove();
      rmSync(folder, { recursive: true });
    });
    if (fault === 'full') disk.fill();
    else disk.makeReadOnly();
    scribe = await Scribe.open({ environment: () => ({ XDG_CACHE_HOME: folder }) });
    await scribe.typeLine();
    await scribe.untilSuggested();
    await measure(scribe);
    await scribe.typeLine();
    await scribe.untilSuggested();
    await scribe.erase();
    assert.deepEqual(writtenBy(folder), []);
    await assertCalm(scribe);
    await scribe.save();
  });

  test(`a ${fault} storage folder: no profile, and that is said`, { skip }, async () => {
    let storage = '';
    scribe = await Scribe.open({
      prepare: (folder) => {
        storage = join(folder, 'data', 'User', 'globalStorage', 'hotset.hotset');
        const disk = new SmallDisk(storage, kibibytes);
        undo.push(() => {
          disk.remove();
        });
        mkdirSync(join(storage, 'profiles'));
        if (fault === 'full') disk.fill();
        else disk.makeReadOnly();
      },
    });
    await scribe.typeLine();
    await scribe.untilSuggested();
    await scribe.command('Hotset: Profile This Workspace');
    const isSaid = async () => (await scribe?.messages())?.some((text) => text.includes('could not'));
    await until('the message', isSaid, 120_000);
    await scribe.erase();
    await scribe.typeLine();
    await scribe.untilSuggested();
    await scribe.erase();
    await assertCalm(scribe, {
      progress: /^Hotset profiles/,
      message: /could not profile this workspace: .*(kB left: free some|No space|permissions|read-only)/,
    });
    assert.deepEqual(readdirSync(join(storage, 'profiles')), []);
    await scribe.save();
  });
}

test('an installation that may not be run is told as that, once', { skip }, async () => {
  scribe = await Scribe.open({
    prepare: (folder) => {
      undo.push(forbidRunning(join(folder, 'extensions')));
    },
  });
  await scribe.typeLine();
  await until('the message', async () => ((await scribe?.messages())?.length ?? 0) > 0, 60_000);
  await scribe.typeLine();
  await scribe.check('typing without an engine');
  await assertCalm(scribe, { message: /noexec/, engines: 0 });
  await scribe.workbench.screenshot('noexec');
  await scribe.erase();
  await scribe.save();
});
