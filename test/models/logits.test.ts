/** Our own graph against libllama's, on real weights and real code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NativeModel } from '../../extension/engine/addon.ts';
import { loadOptions, requireAddon, root } from '../engine/model.ts';
import { realModel } from './real-model.ts';

const model = await realModel('qwen2.5-coder-0.5b');

/** So many tokens of code: their logits are 150,000 numbers each. */
const tokens = 96;
/** Two sums of the same products in another order, with activations rounded to eight bits, differ by so much at the most. */
const mostDifferent = 0.05;

async function open(path: string, decoder: 'hybrid' | 'llama.cpp'): Promise<NativeModel> {
  const addon = requireAddon();
  return await addon.loadModel({ ...loadOptions, path, decoder, contextLength: 512 }, () => undefined);
}

test('the hybrid decoder and libllama agree on the next token', { skip: model.missing }, async () => {
  assert.ok(model.missing === false);
  requireAddon().initialise(() => undefined);
  const code = readFileSync(join(root, 'test', 'fixtures', 'queue.ts'), 'utf8').repeat(4);
  const rows: { logits: Float32Array; width: number }[] = [];
  for (const decoder of ['hybrid', 'llama.cpp'] as const) {
    const native = await open(model.path, decoder);
    assert.equal(native.describe().decoder, decoder);
    const prompt = native.tokenize(code, false).subarray(0, tokens);
    assert.equal(prompt.length, tokens);
    rows.push({ logits: await native.logits(prompt), width: native.describe().vocabularySize });
    await native.release();
  }
  const [ours, theirs] = rows;
  assert.ok(ours !== undefined && theirs !== undefined);
  assert.equal(ours.logits.length, theirs.logits.length);
  let agreeing = 0;
  let worst = 0;
  for (let token = 0; token < tokens; token++) {
    const row = ours.logits.subarray(token * ours.width, (token + 1) * ours.width);
    const reference = theirs.logits.subarray(token * ours.width, (token + 1) * ours.width);
    if (indexOfLargest(row) === indexOfLargest(reference)) agreeing++;
    worst = Math.max(worst, distance(row, reference));
  }
  console.log(`${agreeing} of ${tokens} next tokens agree; largest relative distance ${worst.toFixed(4)}`);
  assert.ok(agreeing >= tokens - 2, `${agreeing} of ${tokens} next tokens agree`);
  assert.ok(worst < mostDifferent, `relative distance ${worst}`);
});

function indexOfLargest(row: Float32Array): number {
  return row.reduce((best, value, index) => (value > (row[best] ?? -Infinity) ? index : best), 0);
}

/** Length of the difference over the reference's own, both around their means. */
function distance(row: Float32Array, reference: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const shift = mean(row) - mean(reference);
  const centre = mean(reference);
  let difference = 0;
  let length = 0;
  for (const [index, value] of row.entries()) {
    const other = reference[index] ?? NaN;
    difference += (value - shift - other) ** 2;
    length += (other - centre) ** 2;
  }
  return Math.sqrt(difference / length);
}
