/** Memory runs out: for the engine's group of processes, and for the engine alone. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import { Scribe } from './scribe.ts';
import { forbidGrowing, MemoryLimit, reasonToSkip } from './system.ts';

const skip = reasonToSkip();
const mebibyte = 1 << 20;

let scribe: Scribe;

before(async () => {
  scribe = await Scribe.open();
});

after(async () => {
  await scribe.workbench.close();
  assert.deepEqual(scribe.workbench.enginePids(), []);
});

afterEach(async (context) => {
  await scribe.workbench.pictureOfFailure(context as TestContext);
});

async function workingEngine(): Promise<number> {
  await scribe.typeLine();
  await scribe.untilSuggested();
  return await until('an engine', () => scribe.workbench.enginePids()[0]);
}

/** Types on until the engine has gone. */
async function workUntilItEnds(pid: number): Promise<void> {
  await until(
    'the engine ends',
    async () => {
      await scribe.erase();
      await scribe.typeLine();
      await scribe.check('typing on');
      return !scribe.workbench.enginePids().includes(pid);
    },
    60_000,
  );
}

test('ended by the system for what its group takes, it comes back', { skip }, async () => {
  const pid = await workingEngine();
  const limit = new MemoryLimit(mebibyte);
  try {
    limit.add(pid);
    await workUntilItEnds(pid);
  } finally {
    limit.remove();
  }
  await scribe.untilSuggested();
  await scribe.erase();
  await assertCalm(scribe);
  await scribe.save();
});

test('given no more memory, it ends at most, and comes back', { skip }, async () => {
  const pid = await workingEngine();
  forbidGrowing(pid);
  for (let line = 0; line < 10; line++) {
    await scribe.erase();
    await scribe.typeLine();
    await scribe.check('typing without memory');
  }
  await scribe.untilSuggested();
  await scribe.erase();
  await assertCalm(scribe);
  await scribe.save();
});
