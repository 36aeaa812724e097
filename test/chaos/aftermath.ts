/** What must hold after every fault. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../editor/until.ts';
import type { Scribe } from './scribe.ts';

/** No message came up, one engine runs, and no file is in the way. */
export async function assertCalm(scribe: Scribe): Promise<void> {
  const { workbench } = scribe;
  assert.deepEqual(await scribe.messages(), []);
  await until('one engine', () => workbench.enginePids().length === 1);
  assert.deepEqual(leftBehind(workbench.server.folder), []);
}

/** Files that a process meant to put elsewhere, or to delete, before it ended. */
function leftBehind(folder: string): string[] {
  const places = [join(folder, 'data', 'User', 'globalStorage', 'hotset.hotset'), join(folder, '.cache')];
  return places
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place, { recursive: true, encoding: 'utf8' }))
    .filter((path) => /\.(part|tmp|temp|lock|new|\d+)$|\.tmp/.test(path));
}
