/** An engine that the system gives no time, as a debugger or a machine that sleeps does it. */
import assert from 'node:assert/strict';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import { signal } from './engine-faults.ts';
import type { Scribe } from './scribe.ts';

async function stopped(scribe: Scribe): Promise<number> {
  const pid = await until('an engine', () => scribe.workbench.enginePids()[0]);
  signal(pid, 'SIGSTOP');
  await scribe.typeLine();
  await scribe.check('the engine was stopped');
  return pid;
}

export async function stopAndGoOn(scribe: Scribe): Promise<void> {
  await scribe.typeLine();
  await scribe.untilSuggested();
  const pid = await stopped(scribe);
  signal(pid, 'SIGCONT');
  await scribe.untilSuggested();
  assert.deepEqual(scribe.workbench.enginePids(), [pid]);
  await scribe.erase();
  await assertCalm(scribe);
  await scribe.save();
}

export async function stopForGood(scribe: Scribe): Promise<void> {
  await scribe.typeLine();
  await scribe.untilSuggested();
  const pid = await stopped(scribe);
  await scribe.untilSuggested();
  assert.ok(!scribe.workbench.enginePids().includes(pid), 'the stopped engine is still there');
  await scribe.erase();
  await assertCalm(scribe);
  await scribe.save();
}
