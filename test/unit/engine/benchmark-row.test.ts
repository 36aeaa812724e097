import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contenders, nameOf } from '../../../extension/engine/benchmark/contenders.ts';
import { turnsOf } from '../../../extension/engine/benchmark/order.ts';
import { rowOf, type Series } from '../../../extension/engine/benchmark/row.ts';
import { spread } from '../../../extension/engine/benchmark/statistics.ts';
import { description } from './description.ts';

test('median and spread of a series', () => {
  assert.deepEqual(spread([5, 1, 3, 2, 4]), { median: 3, deviation: 1 });
  assert.deepEqual(spread([2, 1]), { median: 1.5, deviation: 0.25 });
});

const passMs = [10, 11, 12, 13, 14];
const round = {
  prefill: 20,
  decode: 10,
  activity: null,
  computed: null,
  recall: null,
  passMs,
  readBandwidth: 20e9,
  headBytesLeftOut: 0,
};

const reference: Series = {
  description: { ...description, decoder: 'llama.cpp', mode: 'dense', sizeBytes: 2e9 },
  load: { seconds: 0.5, ownBytes: 300e6 },
  gpu: null,
  rounds: [10, 8, 5].map((decode) => ({ ...round, decode })),
};

const predicted: Series = {
  description: {
    ...description,
    mode: 'predicted',
    sizeBytes: 2e9,
    feedForwardBytes: 1.5e9,
    gateBytes: 0.5e9,
    upDownBytes: 1e9,
    predictor: 'learned',
    predictorBytes: 0.05e9,
    cacheBytesPerToken: 1e6,
  },
  load: { seconds: 0.5, ownBytes: 300e6 },
  gpu: null,
  rounds: [
    { decode: 20, readBandwidth: 40e9 },
    { decode: 12, readBandwidth: 20e9 },
    { decode: 10, readBandwidth: 25e9 },
  ].map((measured) => ({
    ...measured,
    prefill: 30,
    activity: 0.1,
    computed: 0.2,
    recall: 0.98,
    passMs,
    headBytesLeftOut: 0,
  })),
};

const context = {
  reference,
  promptTokens: 90,
  tokens: 20,
  shape: null,
};

test('a row holds medians, and ratios within each round', () => {
  const row = rowOf(predicted, context);
  assert.equal(row.decodeTokensPerSecond, 12);
  assert.equal(row.decodeDeviation, 2.5);
  // Round by round 2, 1.5 and 2: not the ratio of the medians.
  assert.equal(row.ratioToLlamaCpp, 2);
  assert.equal(row.ratioDeviation, 0.125);
  assert.equal(row.prefillRatioToLlamaCpp, 1.5);
  // 0.5 GB always, 0.1 GB of cache, the predictor, a fifth of the gates, a tenth of up and down.
  const bytes = 0.5e9 + 0.1e9 + 0.05e9 + 0.1e9 + 0.1e9;
  assert.ok(Math.abs(row.bytesPerToken - bytes) < 1);
  assert.deepEqual([row.activity, row.computed, row.recall], [0.1, 0.2, 0.98]);
});

test('the share of the byte limit is of the bandwidth and the bytes of the same round', () => {
  const row = rowOf(predicted, context);
  assert.equal(row.readBandwidth, 25e9);
  // 0.85 GB per token, times 20 / 40e9, 12 / 20e9 and 10 / 25e9: not the medians' 12 / 25e9.
  assert.ok(Math.abs(row.shareOfByteLimit - 0.85 * 0.5) < 1e-9);
  assert.ok(Math.abs(row.shareDeviation - (0.85 * (0.55 - 0.45)) / 2) < 1e-9);
  assert.equal(rowOf(reference, context).readBandwidth, 20e9);

  // Another round in which all gates are computed reads 0.4 GB more.
  const [first] = predicted.rounds;
  assert.ok(first !== undefined);
  const rounds = [first, { ...first, computed: 1 }];
  const uneven = rowOf({ ...predicted, rounds }, context);
  assert.ok(Math.abs(uneven.shareOfByteLimit - ((0.85 + 1.25) / 2) * 0.5) < 1e-9);
  assert.ok(Math.abs(uneven.shareDeviation - (0.4 * 0.5) / 4) < 1e-9);
});

test('several tokens at once are held against one, round by round', () => {
  const rounds = [
    { ...round, passMs: [10, 12, 14, 16, 18] },
    { ...round, passMs: [20, 30, 40, 50, 60] },
    { ...round, passMs: [10, 13, 16, 19, 22] },
  ];
  const { passes } = rowOf({ ...reference, rounds }, context);
  assert.deepEqual(
    passes.map(({ tokens }) => tokens),
    [1, 2, 4, 6, 8],
  );
  const [one, two] = passes;
  assert.deepEqual([one?.milliseconds, one?.ratio], [10, 1]);
  assert.deepEqual([two?.milliseconds, two?.ratio], [13, 1.3]);
});

test('what a head left unread in a round counts as bytes of that round', () => {
  const rounds = [1e9, 0.5e9, 0].map((headBytesLeftOut) => ({ ...round, headBytesLeftOut }));
  const row = rowOf({ ...reference, rounds }, context);
  assert.equal(row.bytesPerToken, 1.5e9);
  // 10 tokens a second of 1, 1.5 and 2 GB, where 20 are read.
  assert.ok(Math.abs(row.shareOfByteLimit - 0.75) < 1e-9);
  assert.ok(Math.abs(row.shareDeviation - 0.125) < 1e-9);
});

test('a bandwidth that swings with the rate leaves the share as it is', () => {
  const rounds = [62e9, 36e9, 50e9].map((readBandwidth) => ({
    ...round,
    decode: readBandwidth / 4e9,
    readBandwidth,
  }));
  const row = rowOf({ ...reference, rounds }, context);
  assert.ok(row.decodeDeviation > 1);
  assert.ok(Math.abs(row.shareOfByteLimit - 0.5) < 1e-9);
  assert.ok(row.shareDeviation < 1e-9);
});

test('with a GPU, the memory that takes longer sets the limit', () => {
  const half = {
    gpuShare: 0.5,
    attentionLayersOnGpu: 0,
    headOnGpu: false,
    device: 'some GPU',
    gpuBytes: 0.8e9,
  };
  const gpu = {
    load: {},
    budgetBytes: 1e9,
    totalBytes: 8e9,
    bytesPerSecond: 5e9,
    parts: { attention: 0, head: 0 },
  };
  const rounds = predicted.rounds.map((one) => ({ ...one, computed: 0.5 }));
  const row = rowOf(
    { rounds, description: { ...predicted.description, ...half }, load: predicted.load, gpu },
    context,
  );
  // 0.75 GB there at 5 GB/s. Here at 20 GB/s and more: 0.65 GB, and half of the tenth that fires of up and down.
  assert.equal(row.gpuBytesPerToken, 0.75e9);
  assert.ok(Math.abs(row.bytesPerToken - 1.45e9) < 1);
  assert.ok(Math.abs(row.shareOfByteLimit - (12 * 0.75e9) / 5e9) < 1e-9);
  assert.equal(row.gpuBudget, 1e9);
});

test('llama.cpp is its own measure and tells nothing of neurons', () => {
  const row = rowOf(reference, context);
  assert.equal(row.ratioToLlamaCpp, 1);
  assert.equal(row.ratioDeviation, 0);
  assert.deepEqual([row.activity, row.computed, row.recall], [null, null, null]);
});

test('contenders that are loaded one at a time go there and back, the last one loaded once', () => {
  const all = contenders('relu', null);
  const told = (rounds: number) =>
    turnsOf(all, rounds).map((turn) => `${turn.contender.mode} ${turn.rounds.join(' ')}`);
  assert.deepEqual(told(5), ['dense 1 2 3', 'exact 1 2 3', 'predicted 1 2 3 4 5', 'exact 4 5', 'dense 4 5']);
  assert.deepEqual(told(1), ['dense 1', 'exact 1', 'predicted 1']);
  assert.deepEqual(
    turnsOf(all.slice(0, 1), 3).map((turn) => turn.rounds),
    [[1, 2, 3]],
  );
  for (let rounds = 1; rounds < 20; rounds++) {
    const expected = Array.from({ length: rounds }, (_, index) => index + 1);
    for (const contender of all) {
      const turns = turnsOf(all, rounds).filter((turn) => turn.contender === contender);
      assert.deepEqual(
        turns.flatMap((turn) => turn.rounds),
        expected,
      );
    }
  }
});

test('a model takes part in the modes its activation function allows', () => {
  const modes = (activation: 'relu' | 'silu') => contenders(activation, null).map(({ mode }) => mode);
  assert.deepEqual(modes('relu'), ['dense', 'exact', 'predicted']);
  assert.deepEqual(modes('silu'), ['dense', 'thresholded']);
  assert.deepEqual(contenders('relu', ['exact']).map(nameOf), ['hybrid exact']);
});

test('a mode asked for that the model does not allow is refused with the ones it does', () => {
  assert.throws(() => contenders('silu', ['exact']), /exact.*silu.*dense, thresholded/);
  assert.throws(() => contenders('other', ['dense']), /llama\.cpp alone/);
});
