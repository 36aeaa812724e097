/** Bits per byte of a model whose probabilities are known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitsPerByte } from '../../../../extension/engine/evaluation/bits-per-byte.ts';
import type { LoadedModel } from '../../../../extension/engine/model/load-model.ts';
import { description } from '../description.ts';

/** One token for each byte; every byte is as probable as any other, whatever stands before. */
function uniform(contextLength: number, windows: Int32Array[]): LoadedModel {
  const known = { ...description, vocabularySize: 256, contextLength, beginningOfSequence: 0 };
  const native = {
    describe: () => known,
    tokenize: (text: string) => Int32Array.from(Buffer.from(text, 'latin1')),
    detokenize: (tokens: Int32Array) => Buffer.from(tokens.filter((token) => token !== 0)).toString('latin1'),
    logits: (window: Int32Array) => {
      windows.push(window);
      return Promise.resolve(new Float32Array(window.length * 256));
    },
  };
  return {
    path: '',
    profilePath: null,
    split: { hotThreshold: 0, onGpu: [] },
    file: null,
    native: native as unknown as LoadedModel['native'],
    description: known,
    calibration: { weights: null, isMeasured: false },
  };
}

const files = [
  { path: 'a', text: 'abcdefgh'.repeat(100) },
  { path: 'b', text: 'xyz' },
];

test('a uniform model needs eight bits for a byte', async () => {
  let told = 0;
  const bits = await bitsPerByte(uniform(64, []), files, { windows: 5, seed: 'seed' }, () => told++);
  assert.ok(Math.abs(bits - 8) < 1e-6);
  assert.equal(told, 5);
});

test('windows fill the context as far as their file goes, the same ones for the same seed', async () => {
  const [first, second]: Int32Array[][] = [[], []];
  for (const windows of [first, second]) {
    assert.ok(windows !== undefined);
    await bitsPerByte(uniform(64, windows), files, { windows: 40, seed: 'seed' }, () => undefined);
  }
  assert.deepEqual(first, second);
  for (const window of first ?? []) {
    assert.equal(window[0], 0);
    assert.equal(window.length, window[1] === 'x'.charCodeAt(0) ? 4 : 64);
  }
});
