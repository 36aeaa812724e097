/** What must hold after every fault. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../editor/until.ts';
import type { Scribe } from './scribe.ts';

export interface Aftermath {
  /** What a person is told; null: nothing. */
  readonly message?: RegExp | null;
  /** Of the bar that tells how far something is, which is no message; left out: there was none. */
  readonly progress?: RegExp;
  /** Engines that run then. */
  readonly engines?: number;
}

/** No message, or the one that is expected, once; one engine; no file that is in the way. */
export async function assertCalm(
  scribe: Scribe,
  { message = null, progress, engines = 1 }: Aftermath = {},
): Promise<void> {
  const { workbench } = scribe;
  const messages = (await scribe.messages()).filter((text) => progress?.test(text) !== true);
  if (message === null) assert.deepEqual(messages, []);
  else {
    assert.equal(messages.length, 1, messages.join('\n'));
    assert.match(messages[0] ?? '', message);
  }
  await until(`${engines} engine(s)`, () => workbench.enginePids().length === engines);
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
