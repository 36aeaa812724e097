/** As many tokens at once as the engine would take (`native/test/chunk_length_test.cpp`). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkLength } from '../../../../extension/models/cost/chunk-length.ts';

const lengthAt = (secondsOfToken: number) => new ChunkLength((tokens) => tokens * secondsOfToken).tokens;

test('a chunk takes about a tenth of a second, within bounds, in groups of sixteen', () => {
  assert.equal(lengthAt(0.01), 32);
  assert.equal(lengthAt(0.1 / 70), 64);
  assert.equal(lengthAt(0.1 / 200), 192);
  assert.equal(lengthAt(1e-6), 512);
});

test('it is learnt from whole chunks, and grows by twice at most', () => {
  const chunks = new ChunkLength(() => 0.1);
  assert.equal(chunks.tokens, 32);
  chunks.learn(10, 1e-6);
  assert.equal(chunks.tokens, 32, 'a rest says nothing');
  chunks.learn(32, 1e-6);
  assert.equal(chunks.tokens, 64);
});
