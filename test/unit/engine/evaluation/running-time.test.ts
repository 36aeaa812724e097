/** Time that a process has run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunningTime } from '../../../../extension/engine/evaluation/running-time.ts';

test('time in which the process stood still does not count', () => {
  const running = new RunningTime(5_000);
  assert.equal(running.at(5_250), 250);
  assert.equal(running.at(5_500), 500);
  assert.equal(running.at(245_500), 1_500, 'four minutes frozen');
  assert.equal(running.at(245_750), 1_750);
});
