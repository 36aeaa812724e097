/**
 * The embedded model's logits against those that PyTorch computed from the same file: the oracle for activations that
 * libllama does not know.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NativeModel } from '../../extension/engine/addon.ts';
import { embeddedModelPath, loadOptions, requireAddon, root } from './model.ts';
import { assertLargestAgree, assertWholeRowsAgree, logitsOf, readRecordedLogits } from './recorded-logits.ts';

const addon = requireAddon();
const recorded = readRecordedLogits(join(root, 'test', 'fixtures', 'embedded-logits.json'));
const models: NativeModel[] = [];

async function load(mode: 'dense' | 'exact'): Promise<NativeModel> {
  const model = await addon.loadModel({ ...loadOptions, decoder: 'hybrid', mode }, () => undefined);
  models.push(model);
  return model;
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

for (const mode of ['dense', 'exact'] as const) {
  test(`${mode} logits are PyTorch's at every position`, async (context) => {
    const largest = assertLargestAgree(await logitsOf(await load(mode), recorded), recorded);
    context.diagnostic(`largest difference: ${(100 * largest).toFixed(3)}% of the logits' deviation`);
  });

  test(`${mode} logits are PyTorch's for every token of the vocabulary`, async () => {
    assertWholeRowsAgree(await logitsOf(await load(mode), recorded), recorded);
  });
}
