import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Debounce } from '../../../extension/scheduling/debounce.ts';

const setting = 150;

/** How long is waited with the second of two keys. */
function delayWhileTyping(debounce: Debounce, longestMs = setting): number {
  debounce.delayMs(10_000, longestMs);
  return debounce.delayMs(10_120, longestMs);
}

/** @param latencies of the model's answers, in milliseconds */
function debounceAfter(...latencies: number[]): Debounce {
  const debounce = new Debounce();
  for (const latency of latencies) debounce.record(latency);
  return debounce;
}

test('before anything is known, the setting counts', () => {
  assert.equal(delayWhileTyping(new Debounce()), setting);
});

test('the first key, and the first one after a pause, is asked at once', () => {
  const debounce = debounceAfter(5_000);
  assert.equal(debounce.delayMs(0, setting), 0);
  assert.equal(debounce.delayMs(120, setting), setting);
  assert.equal(debounce.delayMs(1_000, setting), 0);
});

test('a fast model is asked at every key', () => {
  assert.equal(delayWhileTyping(debounceAfter(40)), 0);
  assert.ok(delayWhileTyping(debounceAfter(80)) < 10);
});

test('a slow model is asked later, but not later than the setting', () => {
  const medium = delayWhileTyping(debounceAfter(400));
  assert.ok(medium > 50 && medium < setting, String(medium));
  assert.equal(delayWhileTyping(debounceAfter(5_000)), setting);
});

test('a model that became fast again is asked sooner again', () => {
  const debounce = debounceAfter(5_000, ...Array.from({ length: 30 }, () => 10));
  assert.equal(delayWhileTyping(debounce), 0);
});

test('what was called off tells that the model takes at least so long', () => {
  const debounce = debounceAfter(40);
  debounce.recordCancelled(20);
  assert.equal(delayWhileTyping(debounce), 0);
  for (let turn = 0; turn < 20; turn++) debounce.recordCancelled(600);
  assert.ok(delayWhileTyping(debounce) > 100);
});

test('a setting of 0 never waits', () => {
  assert.equal(delayWhileTyping(debounceAfter(5_000), 0), 0);
});
