import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationOf } from '../../../extension/engine/model/confidence-calibration.ts';
import { entryOfModel } from '../../../extension/models/catalogue.ts';
import { tern as entry } from '../models/entries.ts';

const entries = [entry];
const tern = {
  name: 'Tern 1B GGUF',
  architecture: 'llama',
  layers: 12,
  embeddingLength: 64,
  confidenceWeights: null,
};

test('a model is known by its name and its shape, whoever converted it', () => {
  for (const name of ['Tern 1B', 'tern-1b-q4', 'TERN-1B Instruct']) {
    assert.equal(entryOfModel({ ...tern, name }, entries)?.family, 'Tern');
  }
});

test('another name or another shape is another model', () => {
  const changes = [
    { name: 'Western 1B' },
    { name: 'Tern 1Bx' },
    { name: '' },
    { architecture: 'qwen2' },
    { layers: 13 },
    { embeddingLength: 128 },
  ];
  for (const change of changes) assert.equal(entryOfModel({ ...tern, ...change }, entries), null);
});

test("the file's own weights win, then the known ones", () => {
  const own = Float32Array.of(4, 3, 2, 1);
  assert.deepEqual(calibrationOf({ ...tern, confidenceWeights: own }, entries), {
    weights: own,
    isMeasured: true,
  });
  assert.deepEqual(calibrationOf(tern, entries), { weights: [1, 2, 3, 4], isMeasured: true });
});

test('of a model that nobody measured the plain product is all there is, of others it may be the best', () => {
  const unknown = { weights: null, isMeasured: false };
  assert.deepEqual(calibrationOf({ ...tern, layers: 13 }, entries), unknown);
  assert.deepEqual(calibrationOf(tern, [{ ...entry, measured: null }]), unknown);
  assert.ok(entry.measured !== null);
  const plain = [{ ...entry, measured: { ...entry.measured, confidenceWeights: null } }];
  assert.deepEqual(calibrationOf(tern, plain), { weights: null, isMeasured: true });
});

test('the measured models are told apart from others of their architecture', () => {
  const shapes = { '0.5B': [24, 896], '1.5B': [28, 1536] } as const;
  for (const [size, [layers, embeddingLength]] of Object.entries(shapes)) {
    const qwen = { architecture: 'qwen2', layers, embeddingLength };
    for (const name of [`Qwen2.5 Coder ${size} Instruct GGUF`, `Qwen2.5-Coder-${size}-Instruct`]) {
      assert.equal(entryOfModel({ ...qwen, name })?.family, 'Qwen2.5-Coder-Instruct', name);
    }
    for (const name of [`Qwen2.5 ${size} Instruct`, `Qwen2.5 Coder ${size}`]) {
      assert.equal(entryOfModel({ ...qwen, name }), null, name);
    }
  }
});
