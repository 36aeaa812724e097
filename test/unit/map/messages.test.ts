/** What the neuron map's page and the extension host take from each other, and what they refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPage, toPage } from '../../../extension/map/messages.ts';

const settings = { hotThreshold: 0.3, coldSparsity: 0.5, gpuBudget: 'auto' };
const foretold = {
  hot: 0.2,
  gpu: 0,
  mainMemoryBytes: 1,
  gpuBytes: 0,
  bytesPerToken: 1,
  tokensPerSecond: null,
  device: null,
};

test('a page may ask for the effect of settings, and for them to be applied', () => {
  assert.deepEqual(fromPage({ kind: 'ready', more: 1 }), { kind: 'ready' });
  assert.deepEqual(fromPage({ kind: 'foretell', settings }), { kind: 'foretell', settings });
  assert.deepEqual(fromPage({ kind: 'apply', settings }), { kind: 'apply', settings });
});

test('nothing else that a page says is heard', () => {
  const bad = [
    null,
    'ready',
    {},
    { kind: 'run' },
    { kind: 'apply' },
    { kind: 'apply', settings: { ...settings, hotThreshold: 1.1 } },
    { kind: 'apply', settings: { ...settings, hotThreshold: NaN } },
    { kind: 'apply', settings: { ...settings, coldSparsity: '0.5' } },
    { kind: 'apply', settings: { ...settings, gpuBudget: 'a'.repeat(33) } },
    { kind: 'apply', settings: { ...settings, gpuBudget: 6 } },
  ];
  for (const message of bad) assert.equal(fromPage(message), null, JSON.stringify(message));
});

test('a page takes neurons whose arrays have the length that was announced', () => {
  const layers = [
    { hot: 2, gpu: 0 },
    { hot: 4, gpu: 1 },
  ];
  const message = { kind: 'neurons', neuronsPerLayer: 4, layers, frequencies: new Uint8Array(8) };
  assert.equal(toPage(message), message);
  assert.notEqual(toPage({ ...message, frequencies: null }), null);
  assert.equal(toPage({ ...message, frequencies: new Uint8Array(7) }), null);
  assert.equal(toPage({ ...message, layers: [...layers, { hot: 5, gpu: 0 }] }), null);
  assert.equal(toPage({ ...message, neuronsPerLayer: -4 }), null);
});

test('a page takes what else it is told, and refuses what is no such message', () => {
  const obstacles = { hotThreshold: null, coldSparsity: 'why', gpuBudget: null };
  const figures = {
    tokens: 3,
    tokensPerSecond: 10,
    bytesPerToken: null,
    activity: 0.1,
    recall: null,
    device: null,
  };
  const good = [
    { kind: 'model', model: null, note: '' },
    { kind: 'model', model: { name: 'a', about: 'b', why: '', obstacles }, note: '' },
    { kind: 'firing', tokens: 3, shares: new Uint8Array(8) },
    { kind: 'figures', last: figures, rates: [1, 2] },
    { kind: 'settings', settings, now: foretold },
    { kind: 'foretold', settings, then: null, trouble: 'no' },
  ];
  for (const message of good) assert.equal(toPage(message), message, message.kind);
  const bad = [
    undefined,
    { kind: 'toString' },
    { kind: 'model', model: { name: 'a' }, note: '' },
    { kind: 'firing', tokens: 3, shares: [1, 2] },
    { kind: 'figures', last: { ...figures, activity: 'much' }, rates: [] },
    { kind: 'settings', settings, now: { ...foretold, hot: Infinity } },
  ];
  for (const message of bad) assert.equal(toPage(message), null, JSON.stringify(message));
});
