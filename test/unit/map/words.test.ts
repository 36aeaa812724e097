/** What the neuron map says in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes } from '../../../extension/map/change.ts';
import { bytes, looked, memory, percent } from '../../../extension/map/words.ts';

test('figures are as precise as they are worth', () => {
  assert.deepEqual([0, 0.004, 0.0456, 0.5, 1].map(percent), ['0%', '0.4%', '4.6%', '50%', '100%']);
  assert.deepEqual([7_400_000, 990e6, 1.2e9, 3_000].map(bytes), ['7.4 MB', '990.0 MB', '1.20 GB', '3 kB']);
  assert.deepEqual([2 ** 20 * 700, 2 ** 30 * 6].map(memory), ['700 MiB', '6.00 GiB']);
});

test('a neuron is told by place, kind and how often it fires', () => {
  const base = {
    layer: 3,
    neuron: 119,
    neurons: 1024,
    of: { hot: 300, gpu: 0 },
    fired: 0.43,
    frequency: 0.61,
  };
  assert.equal(
    looked(base),
    'Layer 3, neuron 120 of 1024 by frequency · hot: computed for every token · fired for 43% of the tokens watched · profile: 61%',
  );
  const unknown = { ...base, neuron: 400, fired: null, frequency: null };
  assert.equal(looked(unknown), 'Layer 3, neuron 401 of 1024 · cold: computed when it fires');
  // The GPU computes all of its neurons, and tells of none.
  assert.doesNotMatch(looked({ ...base, of: { hot: 300, gpu: 200 } }), /fired for/);
});

test('a change is told line by line, its speed by what was measured of late', () => {
  const now = {
    hot: 0.25,
    gpu: 0,
    mainMemoryBytes: 2 ** 30,
    gpuBytes: 0,
    bytesPerToken: 1e9,
    tokensPerSecond: 20,
    device: null,
  };
  const then = { ...now, hot: 0.5, gpu: 0.5, gpuBytes: 2 ** 29, tokensPerSecond: 30 };
  const lines = changes(now, then, 10);
  assert.deepEqual(lines.at(-1), { name: 'Expected tokens/s', now: '10', then: '15' });
  assert.deepEqual(lines[0], { name: 'Hot neurons', now: '25%', then: '50%' });
  assert.ok(lines.some(({ name }) => name === 'GPU memory'));
  assert.ok(!changes(now, now, null).some(({ name }) => name.includes('GPU')));
  assert.equal(changes(now, then, null).at(-1)?.then, '30');
  assert.equal(changes(now, { ...then, tokensPerSecond: null }, 10).at(-1)?.then, '–');
});

test('until the machine is measured, a change says nothing of speed', () => {
  const unmeasured = {
    hot: 0.25,
    gpu: 0,
    mainMemoryBytes: 2 ** 30,
    gpuBytes: 0,
    bytesPerToken: 1e9,
    tokensPerSecond: null,
    device: null,
  };
  const names = (lines: readonly { name: string }[]) => lines.map(({ name }) => name);
  const expected = 'Expected tokens/s';
  assert.ok(!names(changes(unmeasured, { ...unmeasured, hot: 0.5 }, 10)).includes(expected));
  const measured = { ...unmeasured, tokensPerSecond: 20 };
  assert.ok(names(changes(measured, measured, null)).includes(expected));
  // A placement on the GPU is foretold by its own rates.
  assert.deepEqual(changes(unmeasured, measured, null).at(-1), { name: expected, now: '–', then: '20' });
});
