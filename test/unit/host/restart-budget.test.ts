import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartBudget } from '../../../extension/host/engine/restart-budget.ts';

test('five restarts in three minutes, each after a longer wait, then none', () => {
  const budget = new RestartBudget();
  const delays = [0, 1, 2, 3, 4].map((second) => budget.take(second * 1000));
  const waits = delays.filter((delay) => delay !== null);
  assert.equal(waits.length, 5);
  assert.deepEqual(
    waits,
    waits.toSorted((left, right) => left - right),
  );
  assert.ok(new Set(delays).size > 3);
  assert.equal(budget.take(5_000), null);
  assert.equal(budget.take(179_000), null);
});

test('what happened more than three minutes ago is forgotten', () => {
  const budget = new RestartBudget();
  for (let second = 0; second < 5; second++) budget.take(second * 1000);
  assert.notEqual(budget.take(180_500), null);
});

test('a person who asks for a restart gets a full budget', () => {
  const budget = new RestartBudget();
  for (let second = 0; second < 5; second++) budget.take(second);
  budget.reset();
  assert.notEqual(budget.take(10), null);
});
