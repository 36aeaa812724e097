/** Which models leave memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leaving } from '../../../extension/engine/leaving.ts';

const limits = { now: 1_000, idleMs: 500, mostBytes: 10 };
const kept = (path: string, change = {}) => ({ path, bytes: 1, gpuBytes: 0, leftAt: 900, ...change });
const gone = (others: ReturnType<typeof kept>[], answering = kept('now'), change = {}) =>
  leaving(answering, others, { ...limits, ...change }).map(({ path }) => path);

test('who answered lately stays while there is room', () => {
  assert.deepEqual(gone([kept('a'), kept('b')]), []);
});

test('who was not wanted for long leaves', () => {
  assert.deepEqual(gone([kept('a', { leftAt: 500 }), kept('b', { leftAt: 501 })]), ['a']);
  assert.deepEqual(gone([kept('a', { leftAt: 0 })], kept('now'), { idleMs: Infinity }), []);
});

test('of too many, those leave that answered longest ago', () => {
  const four = ['a', 'b', 'c', 'd'].map((path) => kept(path, { bytes: 3 }));
  assert.deepEqual(gone(four), ['a']);
  assert.deepEqual(gone(four, kept('now', { bytes: 20 })), ['a', 'b', 'c', 'd']);
});

test('the same file and what lies on a GPU leave at once', () => {
  assert.deepEqual(gone([kept('now'), kept('a', { gpuBytes: 1 }), kept('b')]), ['now', 'a']);
});
