import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationOf, knownModel, type KnownModel } from '../../../extension/engine/model/known-models.ts';
import { description } from './description.ts';

const models: readonly KnownModel[] = [
  {
    family: 'Tern',
    name: /^tern[- ]1b\b/i,
    architecture: 'llama',
    layers: 12,
    embeddingLength: 64,
    confidenceWeights: [1, 2, 3, 4],
  },
];

const tern = {
  name: 'Tern 1B GGUF',
  architecture: 'llama',
  layers: 12,
  embeddingLength: 64,
  confidenceWeights: null,
};

test('a model is known by its name and its shape, whoever converted it', () => {
  for (const name of ['Tern 1B', 'tern-1b-q4', 'TERN-1B Instruct']) {
    assert.equal(knownModel({ ...tern, name }, models)?.family, 'Tern');
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
  for (const change of changes) assert.equal(knownModel({ ...tern, ...change }, models), null);
});

test("the file's own weights win, then the known ones", () => {
  const own = Float32Array.of(4, 3, 2, 1);
  assert.deepEqual(calibrationOf({ ...tern, confidenceWeights: own }, models), {
    weights: own,
    isMeasured: true,
  });
  assert.deepEqual(calibrationOf(tern, models), { weights: [1, 2, 3, 4], isMeasured: true });
});

test('of a model that nobody measured the plain product is all there is, of others it may be the best', () => {
  assert.deepEqual(calibrationOf({ ...tern, layers: 13 }, models), { weights: null, isMeasured: false });
  const [known] = models;
  assert.ok(known !== undefined);
  const plain = [{ ...known, confidenceWeights: null }];
  assert.deepEqual(calibrationOf(tern, plain), { weights: null, isMeasured: true });
});

test('the measured models are told apart from others of their architecture', () => {
  const shapes = { '0.5B': [24, 896], '1.5B': [28, 1536] } as const;
  for (const [size, [layers, embeddingLength]] of Object.entries(shapes)) {
    const qwen = { ...description, architecture: 'qwen2', layers, embeddingLength };
    for (const name of [`Qwen2.5 Coder ${size} Instruct GGUF`, `Qwen2.5-Coder-${size}-Instruct`]) {
      assert.equal(knownModel({ ...qwen, name })?.family, 'Qwen2.5-Coder-Instruct', name);
    }
    for (const name of [`Qwen2.5 ${size} Instruct`, `Qwen2.5 Coder ${size}`]) {
      assert.equal(knownModel({ ...qwen, name }), null, name);
    }
  }
});
