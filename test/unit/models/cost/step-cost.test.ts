/** The cost of a step on machines of round numbers, where it can be reckoned by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast, usual } from '../../../../extension/models/cost/forecast.ts';
import type { CostMachine } from '../../../../extension/models/cost/machine.ts';
import type { ModelShape } from '../../../../extension/models/cost/shape.ts';
import {
  type CostedModel,
  decodeSeconds,
  dense,
  prefillSeconds,
  weightBytesPerToken,
} from '../../../../extension/models/cost/step-cost.ts';

/** 1,024 weights a matrix of attention, 4,096 a matrix of the block, 32,768 in head and embeddings. */
const shape: ModelShape = {
  layers: 2,
  embedding: 32,
  heads: 2,
  kvHeads: 2,
  headLength: 16,
  neurons: 128,
  isGated: true,
  vocabulary: 1024,
  hasHead: true,
  experts: null,
};
const model: CostedModel = { shape, quantisation: 'F16', sparsity: dense };
const attention = 4 * 1024;
const block = 3 * 4096;
const weights = 2 * (attention + block) + 32_768;

function machine(change: Partial<CostMachine['steps'][number]> = {}): CostMachine {
  const free = { keysPerSecond: Infinity, attentionPerSecond: Infinity, nodeSeconds: 0, logitSeconds: 0 };
  return {
    name: 'round',
    cores: 2,
    memoryBytes: 1e9,
    products: [
      { type: '*', threads: 1, bytesPerSecond: 1e6, choiceBytesPerSecond: 1e6, productsPerSecond: 1e7 },
      { type: '*', threads: 2, bytesPerSecond: 2e6, choiceBytesPerSecond: 2e6, productsPerSecond: 2e7 },
    ],
    steps: [{ threads: 1, ...free, ...change }],
    gpu: null,
  };
}

const near = (value: number, expected: number) => {
  assert.ok(Math.abs(value / expected - 1) < 1e-9, `${value}, not ${expected}`);
};

test('a token reads every weight but the embeddings, as fast as its threads do', () => {
  near(weightBytesPerToken(model), 2 * weights);
  near(decodeSeconds(model, 0, machine(), 1), (2 * weights) / 1e6);
  near(decodeSeconds(model, 0, machine(), 2), (2 * weights) / 2e6);
  near(decodeSeconds(model, 0, machine(), 3), (2 * weights) / 2e6);
});

test('a prompt is multiplied where that takes longer than reading, and only its last token meets the head', () => {
  const many = 64;
  near(
    prefillSeconds(model, many, 0, machine(), 1),
    (many * (weights - 32_768)) / 1e7 + (2 * 32_768) / 1e6,
  );
  near(prefillSeconds(model, 1, 0, machine(), 1), (2 * weights) / 1e6);
});

test('attention costs a token what stands before it, and a prompt what each of its tokens sees', () => {
  const values = 2 * 2 * 2 * 16;
  const alone = decodeSeconds(model, 0, machine({ keysPerSecond: 1e5 }), 1);
  near(decodeSeconds(model, 100, machine({ keysPerSecond: 1e5 }), 1) - alone, (values * 100) / 1e5);
  const without = prefillSeconds(model, 10, 90, machine(), 1);
  const seen = 10 * 90 + 55;
  near(prefillSeconds(model, 10, 90, machine({ attentionPerSecond: 1e5 }), 1) - without, (values * seen) / 1e5);
});

test('sparse neurons spare the rows that do not fire, and a predictor costs its own bytes', () => {
  const exact = { ...model, sparsity: { ...dense, activity: 0.25 } };
  near(weightBytesPerToken(model) - weightBytesPerToken(exact), 2 * 2 * 8192 * 0.75);
  const predicted = { ...model, sparsity: { activity: 0.25, gates: 0.5, predictorBytes: 1000 } };
  near(weightBytesPerToken(exact) - weightBytesPerToken(predicted), 2 * 2 * 4096 * 0.5 - 1000);
});

test('of experts a token reads those that it uses, and a prompt soon all', () => {
  const mixed = { ...model, shape: { ...shape, experts: { count: 8, used: 2 } } };
  const router = 2 * 2 * 8 * 32 * 2;
  near(weightBytesPerToken(mixed), 2 * (2 * attention + 32_768 + 2 * 2 * block) + router);
});

test('a forecast takes as many threads as pay off', () => {
  assert.equal(forecast(model, machine()).threads, 1);
  const large = { ...model, shape: { ...shape, layers: 4000 } };
  assert.equal(forecast(large, machine()).threads, 2);
  assert.equal(forecast(large, machine(), { ...usual, threads: 1 }).threads, 1);
});

test('the first line waits for the prompt and for all of its tokens but the first', () => {
  const { firstLineSeconds, prefillTokensPerSecond, decodeTokensPerSecond } = forecast(model, machine());
  near(firstLineSeconds, 512 / prefillTokensPerSecond + 10 / decodeTokensPerSecond);
});
