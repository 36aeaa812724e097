/**
 * The embedded model's logits against those that PyTorch computed from the same file (training/reference.py): the
 * oracle for activations that libllama does not know.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NativeModel } from '../../extension/engine/addon.ts';
import { embeddedModelPath, loadOptions, requireAddon, root } from './model.ts';

/** Summary of one position's logits. */
interface RecordedRow {
  /** The tokens of the largest logits, largest first, and these logits. */
  ids: number[];
  values: number[];
  mean: number;
  /** With n - 1. */
  std: number;
  max: number;
}

interface Recorded {
  model_sha256: string;
  tokens: number[];
  /** By position. */
  logits: Record<string, RecordedRow>;
  /** Whole rows of some positions, little-endian float32 in base64. */
  full: Record<string, string>;
  /** For each layer, how many of the tokens each neuron was active for. */
  active: number[][];
}

/**
 * The reference multiplies in float32, the engine in half precision: every input to a product is off by up to 5e-4 of
 * its size, in random directions, through six products a layer. 1% of the logits' deviation allows for that; a wrong
 * weight, activation or position costs far more.
 */
const allowedShare = 0.01;

const addon = requireAddon();
const recorded = JSON.parse(
  readFileSync(join(root, 'test', 'fixtures', 'embedded-logits.json'), 'utf8'),
) as Recorded;
const models: NativeModel[] = [];

async function logitsOf(mode: 'dense' | 'exact'): Promise<Float32Array[]> {
  const model = await addon.loadModel({ ...loadOptions, decoder: 'hybrid', mode }, () => undefined);
  models.push(model);
  const all = await model.logits(Int32Array.from(recorded.tokens));
  const width = model.describe().vocabularySize;
  return recorded.tokens.map((_, position) => all.subarray(position * width, (position + 1) * width));
}

/** Gates that close to zero that rounding decides: of all activations at most this share. */
const allowedFlips = 0.02;

test('the profiler counts the activations that PyTorch counts', async () => {
  const options = { path: embeddedModelPath(), window: recorded.tokens.length, threads: 1, sparsity: 0.5 };
  const profiler = await addon.openProfiler(options, () => undefined);
  await profiler.count(Int32Array.from(recorded.tokens));
  const { frequencies, tokens } = await profiler.snapshot();
  profiler.dispose();
  assert.equal(tokens, recorded.tokens.length);
  assert.equal(frequencies.length, recorded.active.length);
  frequencies.forEach((layer, index) => {
    const expected = recorded.active[index] ?? [];
    assert.equal(layer.length, expected.length);
    const flips = expected.reduce((sum, count, i) => sum + Math.abs(count - (layer[i] ?? NaN) * tokens), 0);
    const activations = expected.reduce((sum, count) => sum + count, 0);
    assert.ok(flips <= allowedFlips * activations, `layer ${index}: ${flips} of ${activations}`);
  });
});

function littleEndianFloats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? -Infinity) ? index : best), 0);
}

before(() => {
  addon.initialise(() => undefined);
});

after(() => {
  for (const model of models) model.dispose();
});

test('the recorded logits are those of the embedded model', () => {
  const hash = createHash('sha256').update(readFileSync(embeddedModelPath())).digest('hex');
  assert.equal(
    recorded.model_sha256,
    hash,
    'record them anew: python3 -m training.reference MODEL --output test/fixtures/embedded-logits.json',
  );
});

for (const mode of ['dense', 'exact'] as const) {
  test(`${mode} logits are PyTorch's at every position`, async (context) => {
    const rows = await logitsOf(mode);
    let largest = 0;
    for (const [position, expected] of Object.entries(recorded.logits)) {
      const row = rows[Number(position)];
      assert.ok(row);
      const allowed = allowedShare * expected.std;
      expected.ids.forEach((id, index) => {
        const difference = Math.abs((row[id] ?? NaN) - (expected.values[index] ?? NaN));
        assert.ok(
          difference <= allowed,
          `position ${position}, token ${String(id)}: off by ${String(difference)}`,
        );
        largest = Math.max(largest, difference / expected.std);
      });
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      assert.ok(Math.abs(mean - expected.mean) <= allowed, `position ${position}: mean ${String(mean)}`);
      // Where the two best lie closer together than rounding moves them, either may win.
      const margin = (expected.values[0] ?? NaN) - (expected.values[1] ?? NaN);
      if (margin > 2 * allowed) assert.equal(indexOfLargest(row), expected.ids[0], `position ${position}`);
    }
    context.diagnostic(`largest difference: ${(100 * largest).toFixed(3)}% of the logits' deviation`);
  });

  test(`${mode} logits are PyTorch's for every token of the vocabulary`, async () => {
    const rows = await logitsOf(mode);
    for (const [position, base64] of Object.entries(recorded.full)) {
      const expected = littleEndianFloats(base64);
      const row = rows[Number(position)];
      const allowed = allowedShare * (recorded.logits[position]?.std ?? NaN);
      assert.equal(row?.length, expected.length);
      const largest = expected.reduce(
        (most, value, id) => Math.max(most, Math.abs(value - (row[id] ?? NaN))),
        0,
      );
      assert.ok(largest <= allowed, `position ${position}: off by ${String(largest)}`);
    }
  });
}
