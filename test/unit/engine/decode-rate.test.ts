/** Tokens per millisecond of a generation, with and without drafts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRate } from '../../../extension/engine/completion/decode-rate.ts';

const tokens = (count: number) => new Int32Array(count);

test('one token a pass: the first comes with the prompt', () => {
  assert.equal(decodeRate({ tokens: tokens(11), passes: 11, decodeMs: 100 }), 0.1);
});

test('with drafts, the first pass may make several: they are not counted as decoded in no time', () => {
  assert.equal(decodeRate({ tokens: tokens(6), passes: 2, decodeMs: 30 }), 0.1);
});

test('a single pass tells no rate', () => {
  assert.equal(decodeRate({ tokens: tokens(3), passes: 1, decodeMs: 0.01 }), null);
});
