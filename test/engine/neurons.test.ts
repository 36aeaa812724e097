/** The engine process tells of the embedded model's neurons: which there are, and which fired. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EngineClient } from './engine-client.ts';

let engine: EngineClient;

before(async () => {
  engine = await EngineClient.withModel({ hotThreshold: 0.3 });
});

after(async () => {
  await engine.kill();
});

function bytesOf(text: string | null): Uint8Array {
  return Buffer.from(text ?? '', 'base64');
}

test('every layer is told with its hot neurons, the most frequent first', async () => {
  const model = await engine.load({ hotThreshold: 0.3 });
  const { neuronsPerLayer, layers } = await engine.neurons();
  assert.equal(layers.length, model.layers);
  assert.equal(neuronsPerLayer, model.neuronsPerLayer);
  const hot = layers.reduce((sum, layer) => sum + layer.hot, 0) / layers.length / neuronsPerLayer;
  assert.ok(Math.abs(hot - model.neuronSplit.hot) < 1e-9);
  for (const { hot: count, gpu, frequencies } of layers) {
    const shares = bytesOf(frequencies);
    assert.equal(gpu, 0);
    assert.equal(shares.length, neuronsPerLayer);
    assert.deepEqual(
      [...shares],
      [...shares].toSorted((one, other) => other - one),
    );
    // θ lies between the last hot neuron and the first cold one, within a byte's rounding.
    assert.ok((shares[count - 1] ?? 255) >= 0.3 * 255 - 1 && (shares[count] ?? 0) <= 0.3 * 255 + 1);
  }
});

test('what fired is told while it is watched, and is what the activity is the mean of', async () => {
  assert.equal(await engine.firing(true), null);
  const { neuronSplit } = await engine.complete();
  const firing = await engine.firing(true);
  assert.ok(firing !== null && firing.tokens > 0);
  const shares = bytesOf(firing.shares);
  const { neuronsPerLayer, layers } = await engine.neurons();
  assert.equal(shares.length, layers.length * neuronsPerLayer);
  const mean = shares.reduce((sum, share) => sum + share, 0) / 255 / shares.length;
  assert.ok(Math.abs(mean - (neuronSplit.activity ?? 0)) < 0.005, `${mean} of ${neuronSplit.activity ?? 0}`);
  // Those in front fire most in what is completed, too.
  const share = (first: number, end: number) =>
    layers.reduce((sum, _, layer) => {
      const row = shares.subarray(layer * neuronsPerLayer + first, layer * neuronsPerLayer + end);
      return sum + row.reduce((total, one) => total + one, 0);
    }, 0);
  assert.ok(share(0, neuronsPerLayer / 4) > share(neuronsPerLayer / 2, neuronsPerLayer));
});

test('the same text comes whether it is watched or not, and nothing is kept once nobody watches', async () => {
  const watched = await engine.complete();
  assert.equal(await engine.firing(false), null);
  const { text } = await engine.complete();
  assert.equal(text, watched.text);
  assert.equal(await engine.firing(true), null);
});

test('a higher θ is foretold to make fewer neurons hot, as many as it then does', async () => {
  const foretold = await engine.foretell({ hotThreshold: 0.6, coldSparsity: 0.5, gpuBudget: '0' });
  const model = await engine.load({ hotThreshold: 0.6 });
  assert.ok(foretold !== null);
  assert.ok(Math.abs(foretold.hot - model.neuronSplit.hot) < 1e-6);
  assert.ok(foretold.bytesPerToken > 0 && foretold.mainMemoryBytes > model.sizeBytes);
});

test('what a token is foretold to read is about what a completion then reads', async () => {
  await engine.load({ hotThreshold: 1 });
  const foretold = await engine.foretell({ hotThreshold: 1, coldSparsity: 0.5, gpuBudget: '0' });
  const { bytesPerToken } = await engine.complete();
  assert.ok(foretold !== null && bytesPerToken !== null);
  // The prompt here fills less of the context than a half.
  const cache = foretold.mainMemoryBytes - (await engine.load()).sizeBytes;
  assert.ok(bytesPerToken < foretold.bytesPerToken * 1.1);
  assert.ok(bytesPerToken > (foretold.bytesPerToken - cache) * 0.9);
});

test('a dense model has no cold neurons, and tells of those that fire all the same', async () => {
  await engine.load({ mode: 'dense' });
  const { neuronsPerLayer, layers } = await engine.neurons();
  assert.ok(layers.every(({ hot, frequencies }) => hot === neuronsPerLayer && frequencies === null));
  await engine.firing(true);
  await engine.complete();
  assert.ok(((await engine.firing(true))?.tokens ?? 0) > 0);
});
