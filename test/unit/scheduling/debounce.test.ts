import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Debounce } from '../../../extension/scheduling/debounce.ts';

test('before anything is known, the setting counts', () => {
  assert.equal(new Debounce().delayMs(50), 50);
});

test('a fast model is asked after the setting', () => {
  const debounce = new Debounce();
  for (let turn = 0; turn < 10; turn++) debounce.record(20);
  assert.equal(debounce.delayMs(50), 50);
});

test('a slow model is asked later, within bounds', () => {
  const debounce = new Debounce();
  debounce.record(200);
  assert.equal(debounce.delayMs(50), 100);
  for (let turn = 0; turn < 20; turn++) debounce.record(5_000);
  assert.equal(debounce.delayMs(50), 200);
});

test('a model that became fast again is asked sooner again', () => {
  const debounce = new Debounce();
  debounce.record(5_000);
  for (let turn = 0; turn < 30; turn++) debounce.record(10);
  assert.equal(debounce.delayMs(50), 50);
});

test('a setting of 0 never waits', () => {
  const debounce = new Debounce();
  debounce.record(5_000);
  assert.equal(debounce.delayMs(0), 0);
});
