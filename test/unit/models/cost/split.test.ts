/** What lies where under a budget, and what a step costs then, where it can be reckoned by hand or ordered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  activationsOf,
  always,
  carriersOf,
  mean,
  powerLaw,
} from '../../../../extension/models/cost/frequencies.ts';
import type { CostMachine } from '../../../../extension/models/cost/machine.ts';
import { costMachine, publishedMachines } from '../../../../extension/models/cost/published.ts';
import { shapes } from '../../../../extension/models/cost/shape.ts';
import { simulate, type SimulatedModel } from '../../../../extension/models/cost/simulate.ts';
import { sparseModels } from '../../../../extension/models/cost/sparse-models.ts';
import { splitDecodeSeconds, splitFor, type SplitModel } from '../../../../extension/models/cost/split.ts';
import { dense } from '../../../../extension/models/cost/step-cost.ts';
import { freeStep } from './machines.ts';

const shape = shapes['llama-7b'];
assert.ok(shape !== undefined);
const model: SplitModel = { shape, quantisation: 'F16', sparsity: dense, frequencies: always };
const weights = 2 * (6.738e9 - 32_000 * 4096);
const cache = 512 * 2 * 32 * 4096 * 2;

const machine: CostMachine = {
  name: 'round',
  cores: 1,
  memoryBytes: 64e9,
  products: [
    { type: '*', threads: 1, bytesPerSecond: 50e9, choiceBytesPerSecond: 50e9, productsPerSecond: 1e12 },
  ],
  steps: [{ ...freeStep, keysPerSecond: 25e9, attentionPerSecond: 1e12 }],
  gpu: { name: 'round', memoryBytes: 24e9, bytesPerSecond: 1000e9, productsPerSecond: 1e14, syncSeconds: 0 },
};

const near = (value: number, expected: number, share = 0.002) => {
  assert.ok(Math.abs(value / expected - 1) < share, `${value}, not ${expected}`);
};

test('the power law has the mean that is asked for, and few neurons carry most', () => {
  for (const activity of [0.03, 0.1, 0.3, 0.9]) near(mean(powerLaw(1000, activity)), activity);
  const law = powerLaw(11_008, 0.1);
  near(carriersOf(law, 0.8), 0.38, 0.02);
  near(activationsOf(law, carriersOf(law, 0.8)), 0.8);
  assert.equal(activationsOf(always, 0.25), 0.25);
});

test('what every token reads goes to the GPU first, and all of it where it fits', () => {
  const none = splitFor(model, 0, 512);
  assert.deepEqual([none.attention, none.head, none.neurons], [0, 0, 0]);
  const some = splitFor(model, 6e9, 512);
  assert.deepEqual([some.attention, some.head, some.gpuBytes], [1, 1, 6e9]);
  assert.ok(some.neurons > 0 && some.neurons < 1);
  const all = splitFor(model, 24e9, 512);
  assert.equal(all.neurons, 1);
  near(all.gpuBytes, weights + cache);
});

test('a token takes as long as the devices read, both at once within a block', () => {
  const all = splitFor(model, 24e9, 512);
  near(splitDecodeSeconds(model, all, 512, machine, 1), (weights + cache) / 1000e9);
  const some = splitFor(model, 6e9, 512);
  const neurons = 2 * 3 * 32 * 4096 * 11_008;
  const onGpu = weights - neurons + cache;
  near(
    splitDecodeSeconds(model, some, 512, machine, 1),
    onGpu / 1000e9 + ((1 - some.neurons) * neurons) / 50e9,
  );
});

test('more of the GPU is never slower, and sparsity never slower than without', () => {
  const sparse: SplitModel = {
    ...model,
    sparsity: { activity: 0.1, gates: 1, predictorBytes: 0 },
    frequencies: powerLaw(1000, 0.1),
  };
  let before = Infinity;
  for (const budget of [0, 2e9, 4e9, 6e9, 8e9, 10e9]) {
    const seconds = splitDecodeSeconds(sparse, splitFor(sparse, budget, 512), 0, machine, 1);
    assert.ok(seconds <= before * 1.001, `${budget}`);
    assert.ok(seconds <= splitDecodeSeconds(model, splitFor(model, budget, 512), 0, machine, 1));
    before = seconds;
  }
});

const options = {
  sharing: 'neurons',
  budgetBytes: null,
  promptTokens: 64,
  contextLength: 512,
  threads: 0,
} as const;

function rate(
  name: string,
  machineName: string,
  quantisation: string,
  sharing: 'neurons' | 'layers',
): number {
  const [found, on, sparse] = [shapes[name], publishedMachines[machineName], sparseModels[name]];
  assert.ok(found !== undefined && on !== undefined && sparse !== undefined);
  const simulated: SimulatedModel = { name, shape: found, quantisation, ...sparse };
  return simulate(simulated, costMachine(on), { ...options, sharing }).decodeTokensPerSecond;
}

test("PowerInfer's ranking of models in F16 on its better PC comes out, and the order of each figure", () => {
  const on = (name: string) => rate(name, 'rtx4090-i9-13900k', 'F16', 'neurons');
  const published: [string, number][] = [
    ['opt-30b', 16],
    ['falcon-40b', 12],
    ['opt-66b', 2.4],
    ['llama-70b', 1.7],
  ];
  for (const [index, [name, tokens]] of published.entries()) {
    assert.ok(on(name) > tokens / 2 && on(name) < tokens * 2, `${name}: ${on(name)}, published ${tokens}`);
    const next = published[index + 1];
    if (next !== undefined) assert.ok(on(name) > on(next[0]), `${name} above ${next[0]}`);
  }
});

test('sharing by neuron gains most where a model is far larger than the GPU and sparse', () => {
  const gain = (name: string) =>
    rate(name, 'rtx4090-i9-13900k', 'F16', 'neurons') / rate(name, 'rtx4090-i9-13900k', 'F16', 'layers');
  assert.ok(gain('falcon-40b') > gain('llama-70b') && gain('opt-30b') > gain('llama-70b'));
});

test('a machine whose memory does not hold a model says so', () => {
  const large = shapes['qwen2.5-72b'];
  assert.ok(large !== undefined);
  const dense72: SimulatedModel = {
    name: 'x',
    shape: large,
    quantisation: 'F16',
    activity: 1,
    predictorShare: 0,
  };
  assert.equal(simulate(dense72, machine, options).fits, false);
  assert.equal(simulate(dense72, { ...machine, memoryBytes: 256e9 }, options).fits, true);
});
