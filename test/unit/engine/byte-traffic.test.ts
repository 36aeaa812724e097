import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesPerToken, type TrafficModel } from '../../../extension/engine/benchmark/byte-traffic.ts';

const model: TrafficModel = {
  sizeBytes: 1_000,
  lookedUpBytes: 100,
  feedForwardBytes: 600,
  cacheBytesPerToken: 2,
  mode: 'exact',
  gateBytes: 200,
  upDownBytes: 400,
  predictorBytes: 0,
};
/** Attention, norms and the head. */
const always = 300;

test('dense reads every weight but the looked-up embeddings, and the cache', () => {
  const dense = bytesPerToken({ ...model, mode: 'dense' }, { activity: 0.1, computed: 1 }, 50);
  assert.equal(dense, always + 600 + 100);
});

test('exact reads all gates, and up and down of the neurons that fire', () => {
  assert.equal(bytesPerToken(model, { activity: 0.1, computed: 1 }, 0), always + 200 + 40);
});

test('thresholded reads all gates, and up and down of the neurons above the threshold', () => {
  const thresholded = bytesPerToken({ ...model, mode: 'thresholded' }, { activity: 0.5, computed: 1 }, 0);
  assert.equal(thresholded, always + 200 + 200);
});

test('predicted reads the predictor, the gates it names, and up and down of those that fire', () => {
  const predicted = { ...model, mode: 'predicted' as const, predictorBytes: 30 };
  assert.equal(bytesPerToken(predicted, { activity: 0.1, computed: 0.15 }, 10), always + 20 + 30 + 30 + 40);
});

test('rows stored apart count as they are read, not as the file holds them', () => {
  const wider = { ...model, upDownBytes: 800 };
  assert.equal(bytesPerToken(wider, { activity: 0.1, computed: 1 }, 0), always + 200 + 80);
});

test('without statistics every neuron counts', () => {
  assert.equal(bytesPerToken(model, { activity: null, computed: null }, 0), always + 600);
});
