/** Windows that come and go while somebody types. */
import assert from 'node:assert/strict';
import { afterEach, test, type TestContext } from 'node:test';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import { signal } from './engine-faults.ts';
import { Scribe } from './scribe.ts';

let scribe: Scribe | undefined;

afterEach(async (context) => {
  await scribe?.workbench.pictureOfFailure(context as TestContext);
  await scribe?.workbench.close();
  await until('no engine', () => (scribe?.workbench.enginePids() ?? []).length === 0);
  scribe = undefined;
});

async function working(): Promise<Scribe> {
  scribe = await Scribe.open();
  await scribe.typeLine();
  await scribe.untilSuggested();
  await scribe.erase();
  return scribe;
}

async function assertGoesOn(here: Scribe): Promise<void> {
  await here.typeLine();
  await here.check('typing on');
  await here.untilSuggested();
  await here.erase();
  await assertCalm(here);
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
