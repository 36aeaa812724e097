/** Killed and stopped at any moment. */
import { test } from 'node:test';
import { percentile } from '../soak/series.ts';
import { stopAndGoOn, stopForGood } from './stops.ts';
import { killWhileTyping } from './kills.ts';
import { withScribe } from './with-scribe.ts';

const kills = Number(process.env['HOTSET_CHAOS_KILLS'] ?? 200);
const seed = Number(process.env['HOTSET_CHAOS_SEED'] ?? 1);

const somebody = withScribe();

test(`${kills} kills at random moments (seed ${seed})`, async (context) => {
  const figures = await killWhileTyping(somebody(), kills, seed);
  for (const [name, values] of Object.entries<readonly number[]>({ ...figures })) {
    const shares = [0.5, 0.95, 1].map((share) => percentile(values, share).toFixed(0));
    context.diagnostic(`${name}: p50, p95, max ${shares.join(', ')}`);
  }
});

test('stopped for a moment, it goes on where it was', async () => {
  await stopAndGoOn(somebody());
});

test('stopped for good, it is replaced by another', async () => {
  await stopForGood(somebody());
});
