/** What `hotset models advise` says of a machine with a GPU, and of one where only software calls itself one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceTable, type ListedModel, listedModels } from '../../../extension/cli/models-report.ts';
import type { NativeDevice } from '../../../extension/engine/native-devices.ts';
import { catalogue } from '../../../extension/models/catalogue.ts';
import type { CostGpu, CostMachine } from '../../../extension/models/cost/machine.ts';
import { forecastOf } from '../../../extension/models/fit.ts';
import { step } from '../models/cost/machines.ts';

const gib = 2 ** 30;
const desktop: CostMachine = {
  ...{ name: 'a desktop', cores: 8, memoryBytes: 32 * gib, gpu: null, steps: [{ ...step, threads: 8 }] },
  products: [
    { type: '*', threads: 8, bytesPerSecond: 40e9, choiceBytesPerSecond: 40e9, productsPerSecond: 5e11 },
  ],
};
const card: CostGpu = {
  ...{ name: 'Card 1', memoryBytes: 3 * gib, bytesPerSecond: 400e9 },
  ...{ productsPerSecond: null, syncSeconds: 20e-6 },
};
const software: NativeDevice = {
  ...{ name: 'Vulkan0', description: 'Soft 2', type: 'cpu' },
  ...{ totalBytes: 24 * gib, freeBytes: 24 * gib },
};

async function advised(gpu: CostGpu | null): Promise<readonly ListedModel[]> {
  const machine = { memory: desktop.memoryBytes, cores: desktop.cores, measured: { ...desktop, gpu } };
  return await listedModels(catalogue, '/nowhere', machine);
}

async function table(gpu: CostGpu | null, devices: readonly NativeDevice[] = []): Promise<string> {
  return adviceTable(await advised(gpu), { ...desktop, gpu }, devices);
}

function of(models: readonly ListedModel[], id: string) {
  const forecast = models.find((model) => model.id === id)?.forecast;
  assert.ok(forecast !== null && forecast !== undefined);
  return forecast;
}

test('with a GPU the layers that fit go there, and tokens come as fast as both devices read', async () => {
  const [alone, both] = [await advised(null), await advised(card)];
  const [small, large] = ['qwen2.5-coder-0.5b', 'qwen2.5-coder-7b'];
  assert.equal(of(alone, small).gpuLayers, 0);
  assert.equal(of(both, small).gpuLayers, 1);
  const share = of(both, large).gpuLayers;
  // 3 GiB of the 4.4 GB that its tokens read, and keys and values.
  assert.ok(share > 0.5 && share < 0.75, String(share));
  const gain = of(both, large).decodeTokensPerSecond / of(alone, large).decodeTokensPerSecond;
  // A layer there takes a tenth of the time.
  const expected = 1 / (1 - share + share / 10);
  assert.ok(gain > 0.9 * expected && gain < 1.05 * expected, `${gain} where ${expected} is expected`);
  assert.ok(of(both, large).firstLineSeconds < of(alone, large).firstLineSeconds);
});

test('the table names the GPU and counts the layers there', async () => {
  const text = await table(card);
  assert.match(text, /on the GPU/);
  assert.match(text, /qwen2\.5-coder-0\.5b \*? .* 24 of 24 layers/);
  assert.match(text, /qwen2\.5-coder-7b .* (1[4-9]|20) of 28 layers/);
  assert.match(text, /with 3\.0 GiB of Card 1/);
  assert.doesNotMatch(text, /No layer is advised/);
});

test('a model of which few neurons fire is shared by neurons: the GPU gets those that fire most', async () => {
  const [alone, both] = [of(await advised(null), 'bamboo-7b'), of(await advised(card), 'bamboo-7b')];
  assert.deepEqual(alone.neurons, { neurons: 0, activations: 0 });
  assert.ok(both.neurons !== null);
  const { neurons, activations } = both.neurons;
  // 3 GiB less attention and the head, of 3.2 GB of neurons.
  assert.ok(neurons > 0.4 && neurons < 0.7, String(neurons));
  assert.ok(activations > neurons + 0.2 && activations < 1, String(activations));
  assert.ok(both.decodeTokensPerSecond > 1.5 * alone.decodeTokensPerSecond);
  assert.match(await table(card), /bamboo-7b .* \d\d% of the neurons, \d\d% of what fires/);
});

test('few neurons that fire make a token cheaper, a prompt not', () => {
  const machine = { memory: desktop.memoryBytes, cores: desktop.cores, measured: desktop };
  const bamboo = catalogue.find(({ id }) => id === 'bamboo-7b');
  assert.ok(bamboo !== undefined);
  const [sparse, whole] = [forecastOf(bamboo, machine), forecastOf({ ...bamboo, activity: null }, machine)];
  assert.ok(sparse !== null && whole !== null);
  assert.ok(sparse.decodeTokensPerSecond > 1.4 * whole.decodeTokensPerSecond);
  assert.equal(sparse.prefillTokensPerSecond, whole.prefillTokensPerSecond);
});

test('software that draws is left alone, and it is said why', async () => {
  const text = await table(null, [software]);
  assert.match(text, /without a GPU/);
  assert.match(
    text,
    /Vulkan0 \(Soft 2\) is left alone, since it draws in software: it is the processor again/,
  );
  assert.doesNotMatch(await table(null), /left alone/);
});

test('named all the same, it is told that no layer is advised to it', async () => {
  const slow = { ...card, name: 'Soft 2', bytesPerSecond: 1e9 };
  const text = await table(slow, [software]);
  assert.match(text, /qwen2\.5-coder-7b .* 0 of 28 layers/);
  assert.match(text, /No layer is advised to Soft 2: the processor alone is faster with every model\./);
});
