import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesPerToken } from '../../../extension/engine/benchmark/byte-traffic.ts';
import { spread } from '../../../extension/engine/benchmark/statistics.ts';

const model = {
  sizeBytes: 1_000,
  lookedUpBytes: 100,
  feedForwardBytes: 600,
  cacheBytesPerToken: 2,
  mode: 'exact' as const,
  hotShare: 0,
};

test('dense reads every weight but the looked-up embeddings, and the cache', () => {
  assert.equal(bytesPerToken({ ...model, mode: 'dense' }, 0.1, 50), 1_000 - 100 + 100);
});

test('exact reads all gates, and up and down of the neurons that fire', () => {
  assert.equal(bytesPerToken(model, 0.1, 0), 300 + 200 + 40);
});

test('hot neurons are read whole', () => {
  assert.equal(bytesPerToken({ ...model, hotShare: 1 }, 0.1, 0), 900);
});

test('median and spread of a series', () => {
  assert.deepEqual(spread([5, 1, 3, 2, 4]), { median: 3, deviation: 1 });
  assert.deepEqual(spread([2, 1]), { median: 1.5, deviation: 0.25 });
});
