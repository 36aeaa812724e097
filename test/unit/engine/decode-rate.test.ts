/** Tokens per millisecond of a generation, with and without drafts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRate } from '../../../extension/engine/completion/decode-rate.ts';

const tokens = (count: number) => ({ tokens: new Int32Array(count), endProbability: null });

test('one token a pass: the first comes with the prompt', () => {
  assert.equal(decodeRate({ ...tokens(11), passes: 11, decodeMs: 100 }), 0.1);
});

test('with drafts, the first pass may make several: they are not counted as decoded in no time', () => {
  assert.equal(decodeRate({ ...tokens(6), passes: 2, decodeMs: 30 }), 0.1);
});

test('a single pass tells no rate', () => {
  assert.equal(decodeRate({ ...tokens(3), passes: 1, decodeMs: 0.01 }), null);
});

test('the token that ended the text was computed as well', () => {
  assert.equal(decodeRate({ ...tokens(1), endProbability: 0.9, passes: 2, decodeMs: 10 }), 0.1);
});
