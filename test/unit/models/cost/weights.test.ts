/** A shape's weights, held against what published files weigh and hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../../../extension/models/catalogue.ts';
import { shapeOf } from '../../../../extension/models/cost/shape.ts';
import { bytesOf, weightsOf } from '../../../../extension/models/cost/weights.ts';

function shape(name: string) {
  const found = shapeOf(name);
  assert.ok(found !== null, name);
  return found;
}

test('every shape of the catalogue weighs what its published file does, within two in a hundred', () => {
  const known = catalogue.filter(({ shape: name, file }) => name !== null && file.bytes !== null);
  assert.ok(known.length >= 8);
  for (const { id, shape: name, quantisation, file } of known) {
    const bytes = weightsOf(shape(name ?? ''), quantisation).reduce((sum, part) => sum + part.bytes, 0);
    const ratio = bytes / (file.bytes ?? NaN);
    assert.ok(ratio > 0.98 && ratio < 1.02, `${id}: ${bytes} of ${file.bytes} bytes`);
  }
});

test('rows that K-quants cannot hold are written in the types that stand in for them', () => {
  const types = new Set(
    weightsOf(shape('qwen2.5-0.5b'), 'Q4_K_M').map(({ part, type }) => `${part} ${type}`),
  );
  assert.deepEqual([...types].sort(), [
    'attention Q5_0',
    'attention Q8_0',
    'embedding Q5_0',
    'gate Q5_0',
    'head Q8_0',
    'upDown Q4_K',
    'upDown Q5_0',
    'upDown Q6_K',
  ]);
});

test('a head that shares the embeddings is in the file once', () => {
  const parts = weightsOf(shape('smollm2-135m'), 'Q4_1').map(({ part }) => part);
  assert.ok(parts.includes('head') && !parts.includes('embedding'));
});

test('an unknown type is refused by name', () => {
  assert.throws(() => bytesOf('Q3_Z', 256), /Q3_Z/);
});
