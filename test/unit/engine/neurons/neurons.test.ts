/** What the engine tells of a model's neurons, and what it foretells of other settings. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NativeAddon, NativeDescription } from '../../../../extension/engine/addon.ts';
import type { LoadedModel } from '../../../../extension/engine/model/load-model.ts';
import { foretell } from '../../../../extension/engine/neurons/foretell.ts';
import { layerNeurons } from '../../../../extension/engine/neurons/layer-neurons.ts';
import { hotCount, readShares } from '../../../../extension/engine/neurons/read-share.ts';
import { keepMachine } from '../../../../extension/models/cost/machine-cache.ts';
import { description as base } from '../description.ts';
import { step } from '../../models/cost/machines.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-neurons-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Two layers of four neurons; the profile has them in the model's order. */
const frequencies = [Float32Array.of(0.1, 1, 0.5, 0), Float32Array.of(0.2, 0.2, 0.4, 0.3)];
const description: NativeDescription = {
  ...base,
  layers: 2,
  neuronsPerLayer: 4,
  contextLength: 100,
  cacheBytesPerToken: 2,
  sizeBytes: 1_000,
  feedForwardBytes: 600,
  gateBytes: 200,
  upDownBytes: 400,
  quantisation: 'Q4_0',
  profileCorpus: 'code',
};

const addon = {
  devices: () => [],
  readProfile: () => Promise.resolve({ corpus: 'code', tokens: 10, frequencies }),
} as unknown as NativeAddon;

function modelOf(
  described: NativeDescription,
  profilePath: string | null = 'a.profile.gguf',
  onGpu: readonly number[] = [],
): LoadedModel {
  return {
    path: 'a.gguf',
    profilePath,
    split: { hotThreshold: 0.4, onGpu },
    description: described,
    native: { describe: () => described },
  } as unknown as LoadedModel;
}

const settings = { hotThreshold: 0.3, coldSparsity: 0.5, gpuBudget: 'auto' };
const params = {
  path: null,
  decoder: 'auto',
  mode: 'auto',
  hotThreshold: 0.3,
  contextLength: 100,
  threads: 1,
} as const;

function told(described: NativeDescription, wanted = settings, machineFile = join(folder, 'none.json')) {
  const tools = { addon, log: () => undefined, model: modelOf(described), params, machineFile };
  return foretell(wanted, tools);
}

test('layers are told in the order of the frequencies, in bytes', async () => {
  const { neuronsPerLayer, layers } = await layerNeurons(modelOf(description), addon);
  assert.equal(neuronsPerLayer, 4);
  assert.deepEqual(
    layers.map(({ hot, gpu }) => [hot, gpu]),
    [
      [2, 0],
      [1, 0],
    ],
  );
  assert.deepEqual([...Buffer.from(layers[0]?.frequencies ?? '', 'base64')], [255, 128, 26, 0]);
});

test('without a profile frequencies are unknown, and a dense layer is hot as a whole', async () => {
  const dense = { ...description, mode: 'dense' as const };
  const { layers } = await layerNeurons(modelOf(dense, null), addon);
  assert.deepEqual(layers[1], { hot: 4, gpu: 0, frequencies: null });
});

test('what lies on the GPU is hot, until that is lost', async () => {
  const onGpu = { ...description, device: 'A GPU' };
  const counts = async (described: NativeDescription) => {
    const { layers } = await layerNeurons(modelOf(described, 'a.profile.gguf', [1, 3]), addon);
    return layers.map(({ hot, gpu }) => [hot, gpu]);
  };
  assert.deepEqual(await counts(onGpu), [
    [2, 1],
    [3, 3],
  ]);
  assert.deepEqual(await counts(description), [
    [2, 0],
    [1, 0],
  ]);
});

test('a token reads of a layer what its mode asks for', () => {
  const layer = { frequencies: Float32Array.of(1, 0.5, 0.25, 0), hot: 2, gpu: 0 };
  assert.deepEqual(readShares('dense', layer, 1), { gates: 1, upDown: 1 });
  // Hot ones: up always, down of those that fire.
  assert.deepEqual(readShares('exact', layer, 1), { gates: 1, upDown: (1 + 0.75 + 0.25 + 0) / 4 });
  assert.deepEqual(readShares('predicted', layer, 1).gates, (1 + 1 + 0.25 + 0) / 4);
  assert.deepEqual(readShares('exact', { ...layer, gpu: 2 }, 1).upDown, (1 + 1 + 0.25 + 0) / 4);
  assert.deepEqual(readShares('thresholded', { ...layer, hot: 0 }, 2).upDown, (1 + 1 + 0.5 + 0) / 4);
  assert.deepEqual([hotCount(layer.frequencies, 0.5), hotCount(layer.frequencies, 0)], [2, 4]);
});

test('a higher θ leaves fewer neurons hot, and a token reads less', async () => {
  const low = await told(description);
  const high = await told(description, { ...settings, hotThreshold: 1 });
  assert.ok(low !== null && high !== null);
  assert.equal(low.hot, 4 / 8); // 1, 0.5; 0.4, 0.3
  assert.equal(high.hot, 1 / 8);
  const always = 400 + 2 * 100 * 0.5 + 200;
  // Hot ones: half of their rows, and half by how often they fire; cold ones by how often they fire.
  const lowRows = (1 + 0.75 + 0.1 + 0 + 0.7 + 0.65 + 0.2 + 0.2) / 8;
  assert.ok(Math.abs(low.bytesPerToken - (always + 400 * lowRows)) < 1e-3);
  assert.ok(high.bytesPerToken < low.bytesPerToken);
  assert.deepEqual([low.gpuBytes, low.device, low.tokensPerSecond], [0, null, null]);
  assert.equal(low.mainMemoryBytes, 1_000 + 2 * 2 * 100);
});

test('τ leaves out of cold neurons what was asked for', async () => {
  const silu = { ...description, mode: 'thresholded' as const, hiddenActivation: 'silu' as const };
  const none = await told(silu, { ...settings, hotThreshold: 1, coldSparsity: 0 });
  const most = await told(silu, { ...settings, hotThreshold: 1, coldSparsity: 0.9 });
  assert.ok((none?.bytesPerToken ?? 0) > (most?.bytesPerToken ?? Infinity));
});

test('tokens per second follow from what was measured of the machine', async () => {
  const file = join(folder, 'machine.json');
  const product = {
    type: 'Q4_0',
    threads: 1,
    bytesPerSecond: 1e6,
    choiceBytesPerSecond: 1e6,
    productsPerSecond: 1e9,
  };
  keepMachine(
    {
      name: 'here',
      cores: 1,
      memoryBytes: 1e9,
      products: [product],
      steps: [{ ...step, nodeSeconds: 1e-6, logitSeconds: 1e-9 }],
      gpu: null,
    },
    file,
  );
  const foretold = await told(description, settings, file);
  assert.ok(foretold !== null);
  const seconds = foretold.bytesPerToken / 1e6 + 2 * 9 * 1e-6 + 256 * 1e-9;
  assert.ok(Math.abs((foretold.tokensPerSecond ?? 0) * seconds - 1) < 1e-9);
});

test('settings that can not be are refused with one line, and a server tells nothing', async () => {
  await assert.rejects(told(description, { ...settings, hotThreshold: 2 }), /hot threshold/);
  await assert.rejects(told(description, { ...settings, gpuBudget: 'much' }), /no memory size/);
  await assert.rejects(told(description, { ...settings, gpuBudget: '6GiB' }), /no GPU/);
  assert.equal(await told({ ...description, decoder: 'server' }), null);
});
