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
import { freeStep } from './machines.ts';

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
  return {
    name: 'round',
    cores: 2,
    memoryBytes: 1e9,
    products: [
      { type: '*', threads: 1, bytesPerSecond: 1e6, choiceBytesPerSecond: 1e6, productsPerSecond: 1e7 },
      { type: '*', threads: 2, bytesPerSecond: 2e6, choiceBytesPerSecond: 2e6, productsPerSecond: 2e7 },
    ],
    steps: [{ ...freeStep, ...change }],
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
  near(prefillSeconds(model, many, 0, machine(), 1), (many * (weights - 32_768)) / 1e7 + (2 * 32_768) / 1e6);
  near(prefillSeconds(model, 1, 0, machine(), 1), (2 * weights) / 1e6);
});

test('attention costs a token what stands before it, and a prompt what each of its tokens sees', () => {
  const values = 2 * 2 * 2 * 16;
  const alone = decodeSeconds(model, 0, machine({ keysPerSecond: 1e5 }), 1);
  near(decodeSeconds(model, 100, machine({ keysPerSecond: 1e5 }), 1) - alone, (values * 128) / 1e5);
  const scored = machine({ tokenAttentionPerSecond: 1e5, tokenScoreSeconds: 1e-3 });
  near(decodeSeconds(model, 128, scored, 1) - alone, (values * 128) / 1e5 + 2 * 2 * 128e-3);
  const without = prefillSeconds(model, 10, 120, machine(), 1);
  // Tiles of 64 positions: two for those up to 128, three for the others.
  const seen = 8 * 128 + 2 * 192;
  const prompt = machine({ attentionPerSecond: 1e5, scoreSeconds: 1e-3 });
  near(prefillSeconds(model, 10, 120, prompt, 1) - without, (values * seen) / 1e5 + 2 * 2 * seen * 1e-3);
});

test('what lies between products: columns rounded, keys rotated and stored, results written, parts begun', () => {
  const more = (change: Parameters<typeof machine>[0]) =>
    prefillSeconds(model, 10, 0, machine(change), 2) - prefillSeconds(model, 10, 0, machine(), 2);
  const columns = 2 * (32 + 32 + 32 + 128) + 32;
  near(more({ valueSeconds: 1e-3 }), (10 * columns * 1e-3) / 2);
  near(more({ rotationSeconds: 1e-3 }), 10 * 2 * (2 + 3 * 2) * 16 * 1e-3);
  near(more({ resultSeconds: 1e-3 }), 10 * 2 * (3 * 32 + 32 + 2 * 128 + 32) * 1e-3);
  near(more({ nodeSeconds: 1e-3 }), 2 * 9 * 1e-3);
  const token = (change: Parameters<typeof machine>[0]) =>
    decodeSeconds(model, 0, machine(change), 2) - decodeSeconds(model, 0, machine(), 2);
  // Every thread rounds the one column for itself.
  near(token({ valueSeconds: 1e-3 }), columns * 1e-3);
  near(token({ resultSeconds: 1e-3 }) + 1, 1);
});

test('weights that are mapped from a file are read more slowly, and only large ones are', () => {
  const slow = machine({ mappedByteSeconds: 1e-9 });
  near(decodeSeconds(model, 0, slow, 1), decodeSeconds(model, 0, machine(), 1));
  const large = { ...model, shape: { ...shape, layers: 9000 } };
  const layers = 2 * 9000 * (attention + block);
  const head = 2 * 32_768;
  near(decodeSeconds(large, 0, slow, 1) / decodeSeconds(large, 0, machine(), 1), 1 + 1e-9 * 1e6);
  near(
    prefillSeconds(large, 1, 0, slow, 1) - prefillSeconds(large, 1, 0, machine(), 1),
    (layers + head) * 1e-9,
  );
});

test('a head whose logits lie close is read whole', () => {
  const products = machine().products.map((product) => ({ ...product, choiceBytesPerSecond: 2e6 }));
  const choosing = { ...machine(), products };
  const close = { ...model, shape: { ...shape, hasCloseLogits: true } };
  near(decodeSeconds(close, 0, choosing, 1), (2 * weights) / 1e6);
  near(decodeSeconds(close, 0, choosing, 1) - decodeSeconds(model, 0, choosing, 1), (2 * 32_768) / 2e6);
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
