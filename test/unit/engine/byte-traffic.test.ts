import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesPerToken as trafficOf,
  type NeuronTraffic,
  type TrafficModel,
} from '../../../extension/engine/benchmark/byte-traffic.ts';

const model: TrafficModel = {
  sizeBytes: 1_000,
  lookedUpBytes: 100,
  ownPredictorBytes: 0,
  feedForwardBytes: 600,
  cacheBytesPerToken: 2,
  mode: 'exact',
  gateBytes: 200,
  upDownBytes: 400,
  predictorBytes: 0,
  layers: 10,
  gpuShare: 0,
  attentionLayersOnGpu: 0,
  headOnGpu: false,
  headBytesLeftOut: 0,
};
/** Attention, norms and the head. */
const always = 300;

/** Everything in main memory. */
function bytesPerToken(model: TrafficModel, neurons: NeuronTraffic, position: number): number {
  const { mainMemory, gpu } = trafficOf(model, neurons, position, null);
  assert.equal(gpu, 0);
  return mainMemory;
}

test('dense reads every weight but the looked-up embeddings, and the cache', () => {
  const dense = bytesPerToken({ ...model, mode: 'dense' }, { activity: 0.1, computed: 1 }, 50);
  assert.equal(dense, always + 600 + 100);
});

test('of a head that only chooses, what was left unread does not count', () => {
  const dense = { ...model, mode: 'dense' as const, headBytesLeftOut: 40 };
  assert.equal(bytesPerToken(dense, { activity: null, computed: null }, 0), always - 40 + 600);
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

test("predictors in the model's own file are read in predicted mode alone", () => {
  const own = { ...model, sizeBytes: 1_030, ownPredictorBytes: 30 };
  const neurons = { activity: 0.1, computed: 0.15 };
  assert.equal(bytesPerToken({ ...own, mode: 'dense' }, neurons, 0), always + 600);
  const predicted = { ...own, mode: 'predicted' as const, predictorBytes: 30 };
  assert.equal(bytesPerToken(predicted, neurons, 0), always + 30 + 30 + 40);
});

test('without statistics every neuron counts', () => {
  assert.equal(bytesPerToken(model, { activity: null, computed: null }, 0), always + 600);
});

const parts = { attention: 20, head: 50 };
/** Four layers' attention, the head and a quarter of the neurons. */
const onGpu = { ...model, gpuShare: 0.25, attentionLayersOnGpu: 4, headOnGpu: true };

test('what lies on a GPU is read there, and no byte twice', () => {
  const dense = trafficOf({ ...onGpu, mode: 'dense' }, { activity: null, computed: null }, 50, parts);
  assert.equal(dense.gpu, 80 + 50 + 40 + 150);
  assert.equal(dense.mainMemory + dense.gpu, always + 600 + 100);
});

test('neurons on a GPU are computed there, all of them, and leave their share of gates', () => {
  const exact = trafficOf(onGpu, { activity: 0.3, computed: 1 }, 0, parts);
  assert.equal(exact.gpu, 80 + 50 + 150);
  assert.ok(Math.abs(exact.mainMemory - (always - 130 + 0.75 * 200 + 0.75 * 0.3 * 400)) < 1e-9);
});

test('of the gates that were computed, those on a GPU are not read from main memory', () => {
  const predicted = { ...onGpu, mode: 'predicted' as const, predictorBytes: 30 };
  const { mainMemory } = trafficOf(predicted, { activity: 0.2, computed: 0.4 }, 0, parts);
  assert.ok(Math.abs(mainMemory - (always - 130 + 30 + 0.15 * 200 + 0.75 * 0.2 * 400)) < 1e-9);
});
