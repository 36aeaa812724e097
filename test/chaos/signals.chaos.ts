/** Killed and stopped at any moment. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { percentile } from '../soak/series.ts';
import { stopAndGoOn, stopForGood } from './stops.ts';
import { killWhileTyping } from './kills.ts';
import { Scribe } from './scribe.ts';

const kills = Number(process.env['HOTSET_CHAOS_KILLS'] ?? 200);
const seed = Number(process.env['HOTSET_CHAOS_SEED'] ?? 1);

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

test(`${kills} kills at random moments (seed ${seed})`, async (context) => {
  const figures = await killWhileTyping(scribe, kills, seed);
  for (const [name, values] of Object.entries<readonly number[]>({ ...figures })) {
    const shares = [0.5, 0.95, 1].map((share) => percentile(values, share).toFixed(0));
    context.diagnostic(`${name}: p50, p95, max ${shares.join(', ')}`);
  }
});

test('stopped for a moment, it goes on where it was', async () => {
  await stopAndGoOn(scribe);
});

test('stopped for good, it is replaced by another', async () => {
  await stopForGood(scribe);
});
