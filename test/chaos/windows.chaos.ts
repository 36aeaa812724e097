/** Windows, extension hosts and versions that come and go, and a clock that jumps, while somebody types. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test, type TestContext } from 'node:test';
import { packagedExtension } from '../editor/packaged-extension.ts';
import { until } from '../editor/until.ts';
import { commandLine } from '../editor/workbench.ts';
import { assertCalm } from './aftermath.ts';
import { killAfter, signal } from './engine-faults.ts';
import { anotherVersion } from './another-version.ts';
import { Scribe } from './scribe.ts';

let scribe: Scribe | undefined;

afterEach(async (context) => {
  await scribe?.workbench.pictureOfFailure(context as TestContext);
  await scribe?.workbench.close();
  await until('no engine', () => (scribe?.workbench.enginePids() ?? []).length === 0);
  scribe = undefined;
});

async function working(options: Parameters<typeof Scribe.open>[0] = {}): Promise<Scribe> {
  scribe = await Scribe.open(options);
  await scribe.typeLine();
  await scribe.untilSuggested();
  await scribe.erase();
  return scribe;
}

async function assertGoesOn(here: Scribe, engines = 1): Promise<void> {
  await here.typeLine();
  await here.check('typing on');
  await here.untilSuggested();
  await here.erase();
  await assertCalm(here, { engines });
}

test('two windows have an engine each: what befalls one is nothing to the other', async () => {
  const here = await working();
  const { workbench } = here;
  const [mine] = workbench.enginePids();
  const other = await workbench.anotherWindow();
  await other.openFile('inventory.py', 'self.items = {}');
  const theirs = await until('the second engine', () => workbench.enginePids().find((pid) => pid !== mine));
  await here.typeLine();
  signal(theirs, 'SIGKILL');
  await here.check('the other window lost its engine');
  assert.ok(workbench.enginePids().includes(mine ?? 0));
  await until('the second engine again', () => workbench.enginePids().length === 2, 60_000);
  await other.page.close();
  await until('one engine', () => workbench.enginePids().length === 1, 30_000);
  await here.erase();
  await assertGoesOn(here);
  assert.deepEqual(workbench.enginePids(), [mine]);
  await here.save();
});

// Restarting it by hand is a command of the desktop's alone.
test('the extension host is killed, and the window loaded again', async () => {
  const here = await working();
  const before = here.workbench.enginePids();
  const host = await until('an extension host', () => here.workbench.extensionHostPids()[0]);
  await here.typeLine();
  signal(host, 'SIGKILL');
  await here.check('the extension host was killed');
  await until(
    'the engine is gone',
    () => !here.workbench.enginePids().some((pid) => before.includes(pid)),
    30_000,
  );
  await here.type(' 0');
  await here.check('typing without an extension host');
  await here.erase();
  // What the editor says of it, and whether it starts another by itself, is its own affair.
  await here.workbench.page.reload();
  await here.workbench.statusItem.waitFor({ timeout: 60_000 });
  await here.sit();
  await assertGoesOn(here);
  await here.save();
});

test('another version is installed while this one completes', async () => {
  const here = await working();
  const { workbench } = here;
  const next = anotherVersion(packagedExtension(), '99.0.0', workbench.server.folder);
  await here.typeLine();
  workbench.server.installExtension(next);
  await here.check('another version was installed');
  await here.untilSuggested();
  await killAfter(workbench, 0);
  await here.untilSuggested();
  await here.erase();
  await assertCalm(here);
  await here.save();
  const before = workbench.enginePids();
  await workbench.page.reload();
  await workbench.statusItem.waitFor({ timeout: 60_000 });
  await here.sit();
  await assertGoesOn(here);
  assert.ok(!workbench.enginePids().some((pid) => before.includes(pid)));
  assert.ok(workbench.enginePids().every((pid) => commandLine(pid).includes('99.0.0')));
});

const fakeTime = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

test(
  'the clock jumps a day ahead, and two days back',
  { skip: existsSync(fakeTime) ? false : 'libfaketime is not installed' },
  async () => {
    let clock = '';
    const set = (offset: string) => {
      writeFileSync(clock, `${offset}\n`);
    };
    const here = await working({
      environment: (folder) => {
        clock = join(folder, 'clock');
        set('+0');
        return {
          LD_PRELOAD: fakeTime,
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_NO_CACHE: '1',
          // As with a real clock that is set: what only ever counts on does not jump.
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        };
      },
    });
    for (const offset of ['+1d', '-1d', '+0']) {
      await here.typeLine();
      set(offset);
      await here.check(`the clock went to ${offset}`);
      await here.untilSuggested();
      await here.erase();
      await assertCalm(here);
    }
    await killAfter(here.workbench, 0);
    await assertGoesOn(here);
    await here.save();
  },
);
