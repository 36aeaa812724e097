import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scoreOf } from '../../../extension/engine/benchmark/score.ts';

const ln = (...probabilities: number[]) => probabilities.map((probability) => Math.log(probability));

test('the best tokens, and the bits of those that came', () => {
  // Three tokens: 1 costs one bit, 2 costs three; what follows the last is not asked.
  const logits = Float32Array.from([...ln(0.25, 0.5, 0.25), ...ln(0.75, 0.125, 0.125), ...ln(1, 1, 1)]);
  const { best, bits } = scoreOf(logits, Int32Array.of(0, 1, 2), 3);
  assert.deepEqual([...best], [1, 0]);
  assert.ok(Math.abs(bits - 4) < 1e-6);
});

test('logits shifted by any constant score the same', () => {
  const logits = ln(0.25, 0.5, 0.25);
  const shifted = Float32Array.from([...logits.map((logit) => logit + 1000), 0, 0, 0]);
  assert.ok(Math.abs(scoreOf(shifted, Int32Array.of(0, 0), 3).bits - 2) < 1e-3);
});

test('a sequence of one token predicts nothing', () => {
  assert.deepEqual(scoreOf(Float32Array.of(1, 2), Int32Array.of(1), 2), { best: new Int32Array(0), bits: 0 });
});
