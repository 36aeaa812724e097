/** How much of a text a first answer is made of, by what was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeGeneration } from '../../../extension/engine/addon.ts';
import { measureRates, Rates } from '../../../extension/engine/completion/rates.ts';

const description = { parameters: 500_000_000, threads: 2 };
const run = {
  tokens: new Int32Array(12),
  endProbability: null,
  passes: 12,
  promptTokens: 200,
  cachedTokens: 0,
  prefillMs: 1_000,
  timeToFirstTokenMs: 1_000,
  decodeMs: 275,
};

test('what can be computed within 700 ms less a first line', () => {
  const rates = new Rates(description);
  rates.record(run);
  // 11 tokens at 40 a second leave 425 ms, in which 200 tokens a second are 85.
  assert.equal(rates.affordableTokens(), 85);
});

test('measurements are averaged', () => {
  const rates = new Rates(description);
  rates.record(run);
  rates.record({ ...run, prefillMs: 500 });
  assert.equal(rates.affordableTokens(), Math.floor(425 * (0.2 + 0.3 * 0.2)));
  for (let turn = 0; turn < 50; turn++) rates.record({ ...run, prefillMs: 500 });
  assert.ok(Math.abs(rates.affordableTokens() - 170) <= 1);
});

test('chunks in the background count, too short ones and cancelled prompts do not', () => {
  const rates = new Rates(description);
  rates.record(run);
  rates.record({ ...run, promptTokens: 210, cachedTokens: 200, prefillMs: 1 });
  rates.record({ ...run, tokens: new Int32Array(0), prefillMs: 1 });
  assert.equal(rates.affordableTokens(), 85);
  rates.recordPrefill(512, 512 / 0.4);
  assert.ok(rates.affordableTokens() > 85);
});

test('however slow a machine, an answer is made of something', () => {
  const rates = new Rates({ parameters: 70_000_000_000, threads: 1 });
  const guessed = rates.affordableTokens();
  rates.record({ ...run, prefillMs: 100_000, decodeMs: 10_000 });
  assert.deepEqual([guessed, rates.affordableTokens()], [64, 64]);
});

test('what is not known yet is measured once, however that ends', () => {
  const guessing = new Rates(description);
  assert.deepEqual([guessing.takeTrial(), guessing.takeTrial()], [true, false]);
  const answering = new Rates(description);
  answering.record(run);
  assert.equal(answering.takeTrial(), false);
});

test('measuring that gives way cancels once, and nothing that is asked for afterwards', async () => {
  const controller = new AbortController();
  const calls: string[] = [];
  const native = {
    tokenize: () => new Int32Array(64),
    cancel: () => calls.push('cancel'),
    generate: async () => {
      calls.push('generate');
      await Promise.resolve();
      controller.abort();
      return { ...run, tokens: new Int32Array(0), text: '' } as unknown as NativeGeneration;
    },
    passMilliseconds: () => {
      calls.push('passMilliseconds');
      return Promise.resolve(new Float64Array(0));
    },
  };
  await measureRates({ native, rates: new Rates(description), signal: controller.signal });
  assert.deepEqual(calls, ['generate', 'cancel']);
});
