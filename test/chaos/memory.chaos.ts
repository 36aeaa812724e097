/** Memory runs out: for the engine's group of processes, and for the engine alone. */
import { test } from 'node:test';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import type { Scribe } from './scribe.ts';
import { forbidGrowing, MemoryLimit, reasonToSkip } from './system.ts';
import { withScribe } from './with-scribe.ts';

const skip = reasonToSkip();
const mebibyte = 1 << 20;

const somebody = withScribe();

async function workingEngine(scribe: Scribe): Promise<number> {
  await scribe.typeLine();
  await scribe.untilSuggested();
  return await until('an engine', () => scribe.workbench.enginePids()[0]);
}

/** Types on until the engine has gone. */
async function workUntilItEnds(scribe: Scribe, pid: number): Promise<void> {
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
  const scribe = somebody();
  const pid = await workingEngine(scribe);
  const limit = new MemoryLimit(mebibyte);
  try {
    limit.add(pid);
    await workUntilItEnds(scribe, pid);
  } finally {
    limit.remove();
  }
  await scribe.untilSuggested();
  await scribe.erase();
  await assertCalm(scribe);
  await scribe.save();
});

test('given no more memory, it ends at most, and comes back', { skip }, async () => {
  const scribe = somebody();
  const pid = await workingEngine(scribe);
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
