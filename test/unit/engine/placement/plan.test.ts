/** From a budget, devices and a model to a placement, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { NativeDevice } from '../../../../extension/engine/native-devices.ts';
import { parseBudget } from '../../../../extension/engine/placement/budget.ts';
import { chooseDevice } from '../../../../extension/engine/placement/devices.ts';
import { explainPlan } from '../../../../extension/engine/placement/explain.ts';
import { modelProblem } from '../../../../extension/engine/placement/model-problem.ts';
import { planPlacement, type PlanRequest } from '../../../../extension/engine/placement/plan.ts';
import { deviceRates } from '../../../../extension/engine/placement/rates-cache.ts';
import { costs, falling, gpu, rates, scriptedAddon, summary } from './scripted-addon.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-plan-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const gibibyte = 2 ** 30;
const integrated: NativeDevice = { ...gpu, name: 'Vulkan1', description: 'Shared 1', type: 'integrated' };
const software: NativeDevice = { ...gpu, name: 'Vulkan2', description: 'Soft 2', type: 'cpu' };

suite('a budget', () => {
  test('is read as people write it', () => {
    assert.equal(parseBudget('6GiB'), 6 * gibibyte);
    assert.equal(parseBudget(' 11 GB '), 11e9);
    assert.equal(parseBudget('512mib'), 512 * 2 ** 20);
    assert.equal(parseBudget('1.5 GiB'), 1.5 * gibibyte);
    assert.equal(parseBudget('100B'), 100);
    assert.equal(parseBudget('0'), 0);
    assert.equal(parseBudget('Auto'), 'auto');
  });

  for (const text of [
    '',
    'much',
    '6',
    '-1GiB',
    '6 gigs',
    '1e3GiB',
    'NaN GiB',
    '6GiB6',
    '9999999999TiB',
    'toString',
  ]) {
    test(`"${text}" is refused in one line`, () => {
      assert.throws(() => parseBudget(text), { kind: 'badInput', message: /^[^\n]*6GiB[^\n]*$/ });
    });
  }
});

suite('the device', () => {
  test('left to itself is the first GPU with memory of its own, less a margin', () => {
    const chosen = chooseDevice([software, integrated, gpu], null, 'auto');
    assert.equal(chosen?.device, gpu);
    assert.ok(chosen.budgetBytes < gpu.freeBytes - 0.5 * gibibyte && chosen.budgetBytes > 4 * gibibyte);
    assert.equal(chooseDevice([software, integrated], null, 'auto'), null);
    assert.equal(chooseDevice([], null, 'auto'), null);
    assert.equal(chooseDevice([{ ...gpu, freeBytes: 1000 }], null, 'auto')?.budgetBytes, 0);
  });

  test('may be named, by ggml or by its maker, software too', () => {
    assert.equal(chooseDevice([gpu, software], 'Vulkan2', gibibyte)?.device, software);
    assert.equal(chooseDevice([gpu, software], 'Soft 2', gibibyte)?.device, software);
    assert.throws(() => chooseDevice([gpu], 'CUDA0', gibibyte), { kind: 'badInput', message: /Vulkan0/ });
    assert.throws(() => chooseDevice([], 'CUDA0', gibibyte), { kind: 'badInput' });
  });

  test('must have what the budget asks for', () => {
    assert.equal(chooseDevice([gpu], null, 0), null);
    assert.equal(chooseDevice([gpu], null, 8 * gibibyte)?.budgetBytes, 8 * gibibyte);
    assert.throws(() => chooseDevice([gpu], null, 9 * gibibyte), {
      kind: 'badInput',
      message: /9\.00 GiB.*8\.00 GiB/,
    });
    assert.throws(() => chooseDevice([], null, gibibyte), { kind: 'badInput', message: /no GPU/ });
    assert.throws(() => chooseDevice([software], null, gibibyte), { kind: 'badInput', message: /Soft 2/ });
    for (const budget of [-1, 0.5, NaN, Infinity]) {
      assert.throws(() => chooseDevice([gpu], null, budget), { kind: 'badInput' });
    }
  });
});

suite('device rates', () => {
  const cache = join(folder, 'cache', 'rates.json');
  let measured = 0;
  const addon = {
    measureDevice: () => {
      measured++;
      return Promise.resolve(rates);
    },
  };
  const tools = { addon, log: () => undefined, cache };

  test('are measured once for a device and a number of threads', async () => {
    assert.deepEqual(await deviceRates(gpu, 2, tools), rates);
    assert.deepEqual(await deviceRates(gpu, 2, tools), rates);
    assert.equal(measured, 1);
    await deviceRates(gpu, 4, tools);
    await deviceRates(integrated, 2, tools);
    assert.equal(measured, 3);
    await deviceRates(gpu, 2, tools);
    assert.equal(measured, 3);
  });

  for (const content of [
    '',
    '[',
    '7',
    'null',
    JSON.stringify({ 'Vulkan0 Radiant 9000, 2 threads': { gpuBytesPerSecond: -1 } }),
  ]) {
    test(`are measured again where the cache holds ${content === '' ? 'nothing' : content}`, async () => {
      writeFileSync(cache, content);
      const before = measured;
      assert.deepEqual(await deviceRates(gpu, 2, tools), rates);
      assert.equal(measured, before + 1);
      assert.ok(readFileSync(cache, 'utf8').includes('Radiant 9000'));
    });
  }

  test('a folder that can not be written costs nothing but the time', async () => {
    const nowhere = { ...tools, cache: join(cache, 'below-a-file', 'rates.json') };
    assert.deepEqual(await deviceRates(gpu, 2, nowhere), rates);
    assert.ok(!existsSync(nowhere.cache));
  });
});

const request: PlanRequest = {
  path: 'm.gguf',
  decoder: 'auto',
  mode: 'auto',
  profilePath: 'm.profile.gguf',
  predictorBytes: 0,
  hotThreshold: 0.3,
  contextLength: 4096,
  threads: 2,
  gpuBudget: 300e6,
  device: null,
};

let caches = 0;
const plan = (changes: Partial<PlanRequest> = {}, addon = scriptedAddon()) =>
  planPlacement(
    { ...request, ...changes },
    { addon, log: () => undefined, ratesCache: join(folder, `rates-${String(caches++)}.json`) },
  );

suite('a plan', () => {
  test('fills the budget with what fires most, and says what it brings', async () => {
    const found = await plan();
    assert.ok(found?.decoder === 'hybrid');
    assert.equal(found.mode, 'exact');
    assert.equal(found.placement?.device, 'Vulkan0');
    assert.ok(found.solved.gpuBytes <= 300e6 && found.solved.gpuBytes > 0.95 * 300e6);
    const explained = await explainPlan(found);
    assert.ok(explained.decoder === 'hybrid');
    assert.equal(explained.corpus, 'poems');
    assert.ok(explained.tokensPerSecond > explained.cpuTokensPerSecond);
    assert.ok(explained.activationShare > explained.neuronShare);
    const { attention, neurons: placed, head, scratch } = explained.parts;
    assert.equal(attention + placed + head + scratch, explained.gpuBytes);
    const { nextGibibyte } = explained;
    assert.ok(nextGibibyte !== null && nextGibibyte.tokensPerSecond >= explained.tokensPerSecond);
    assert.equal(nextGibibyte.activationShare, 1);
    assert.equal(explained.groups.at(0)?.first, 0);
    assert.equal(explained.groups.at(-1)?.last, 3);
  });

  test('places nothing where compute buffers alone exceed the budget', async () => {
    const found = await plan({ gpuBudget: 19e6 });
    assert.ok(found?.decoder === 'hybrid');
    assert.equal(found.placement, null);
    const explained = await explainPlan(found);
    assert.ok(explained.decoder === 'hybrid' && explained.gpuBytes === 0);
    assert.equal(explained.tokensPerSecond, explained.cpuTokensPerSecond);
  });

  test('asks for the context that the model really gets', async () => {
    const asked: number[] = [];
    await plan(
      {},
      scriptedAddon({ placementCosts: (_model, length) => (asked.push(length), Promise.resolve(costs)) }),
    );
    assert.deepEqual(asked, [2048]);
  });

  test('without a profile takes every neuron to fire', async () => {
    const found = await plan({ profilePath: null });
    assert.ok(found?.decoder === 'hybrid');
    assert.equal(found.corpus, null);
    const [layer] = found.problem.layers;
    assert.ok(layer?.neurons.cpuSeconds.every((seconds) => seconds === layer.neurons.cpuSeconds[0]));
  });

  test('of llama.cpp is a number of layers', async () => {
    const found = await plan({ decoder: 'llama.cpp' });
    assert.ok(found?.decoder === 'llama.cpp');
    assert.deepEqual(found.gpuLayers, { device: 'Vulkan0', layers: 3 });
    const silu = scriptedAddon({
      inspectModel: () => Promise.resolve({ ...summary, hiddenActivation: 'silu' }),
    });
    assert.equal((await plan({}, silu))?.decoder, 'llama.cpp');
    assert.equal((await plan({ mode: 'thresholded' }, silu))?.decoder, 'hybrid');
  });

  test('leaves small models to the CPU unless it is told otherwise', async () => {
    const small = scriptedAddon({ inspectModel: () => Promise.resolve({ ...summary, sizeBytes: 12e6 }) });
    assert.equal(await plan({ gpuBudget: 'auto' }, small), null);
    assert.notEqual(await plan({ gpuBudget: 300e6 }, small), null);
    assert.notEqual(await plan({ gpuBudget: 'auto' }), null);
  });
});

suite('expected times', () => {
  const knowledge = { costs, rates, frequencies: falling, hotThreshold: 1, predictorBytes: 4e6 };
  const second = 100e3 / 5e10;

  test('count the rows that each mode reads of a cold neuron', () => {
    const coldest = (mode: 'dense' | 'exact' | 'predicted') =>
      modelProblem({ ...knowledge, mode }).layers[0]?.neurons.cpuSeconds.at(-1) ?? NaN;
    const near = (value: number, expected: number) => {
      assert.ok(Math.abs(value / expected - 1) < 1e-6, `${value} is not ${expected}`);
    };
    near(coldest('dense'), second);
    near(coldest('exact'), second * (1 / 3 + (2 / 3) * 0.05));
    near(coldest('predicted'), second * 0.05);
  });

  test('hot neurons are read whole, and predictors only in predicted mode', () => {
    const problem = modelProblem({ ...knowledge, mode: 'predicted', hotThreshold: 0.5 });
    const first = problem.layers[0]?.neurons;
    assert.equal(first?.cpuSeconds[0], second);
    assert.equal(first.predictorSeconds, 1e6 / 5e10);
    assert.equal(modelProblem({ ...knowledge, mode: 'exact' }).layers[0]?.neurons.predictorSeconds, 0);
  });

  test('the GPU holds keys and values of the whole context, and reads half of them', () => {
    const attention = modelProblem({ ...knowledge, mode: 'exact' }).layers[0]?.attention;
    assert.equal(attention?.bytes, 68e6);
    assert.equal(attention.gpuSeconds, 64e6 / 1e12);
  });
});
