/** Fits against suggestions whose true weights are known. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidenceOf } from '../../../../extension/engine/completion/confidence.ts';
import { calibrate, halves } from '../../../../extension/engine/evaluation/calibrate.ts';
import { fitConfidence } from '../../../../extension/engine/evaluation/fit-confidence.ts';
import {
  parseRecords,
  type RecordedSuggestion,
} from '../../../../extension/engine/evaluation/suggestion-records.ts';
import { syntheticSuggestions, truth } from '../../../synthetic-suggestions.ts';

const many = syntheticSuggestions(20_000);

test('the true weights are found', () => {
  const weights = fitConfidence(many);
  for (const [index, weight] of weights.entries()) {
    // Four standard errors, for so many suggestions, of the weight that is known worst.
    assert.ok(Math.abs(weight - (truth[index] ?? NaN)) < 0.25, `${weights.join()} are not ${truth.join()}`);
  }
});

test('at the fitted weights, confidence and outcome agree on average, and so do their products with the evidence', () => {
  const some = many.slice(0, 2_000);
  const weights = fitConfidence(some);
  for (const of of [
    () => 1,
    (one: RecordedSuggestion) => one.minLogP,
    (one: RecordedSuggestion) => Math.log(one.tokens),
  ]) {
    const rest = some.reduce(
      (sum, one) => sum + of(one) * (confidenceOf(one, weights) - (one.right ? 1 : 0)),
      0,
    );
    assert.ok(Math.abs(rest) / some.length < 1e-3, String(rest));
  }
});

test('what the evidence separates, and evidence that is always the same, leave finite weights', () => {
  const separable = Array.from({ length: 10 }, (_, score) => ({
    sumLogP: -score,
    minLogP: -0.5,
    tokens: 1,
    right: score < 5,
  }));
  const weights = fitConfidence(separable);
  assert.ok(weights.every(Number.isFinite), weights.join());
  for (const one of separable) assert.equal(confidenceOf(one, weights) > 0.5, one.right);
});

test('the halves hold all, share no file, and each has every language', () => {
  const [fit, heldOut] = halves(many);
  assert.equal(fit.length + heldOut.length, many.length);
  const files = new Set(fit.map(({ path }) => path));
  assert.ok(heldOut.every(({ path }) => !files.has(path)));
  for (const half of [fit, heldOut]) {
    assert.ok(half.length > many.length / 3);
    assert.deepEqual(new Set(half.map(({ language }) => language)), new Set(['Go', 'Rust']));
  }
});

test('calibrating helps on files that it was not fitted to', () => {
  const [judged] = calibrate([{ model: 'm', records: many }]).heldOut;
  assert.ok(judged !== undefined);
  const { before, after } = judged;
  const error = ({ expectedCalibrationError }: typeof after) => expectedCalibrationError ?? NaN;
  assert.ok(error(after) < error(before) / 2, `${error(before)} before, ${error(after)} after`);
  assert.ok((after.brier ?? NaN) < (before.brier ?? NaN));
  assert.ok((after.auc ?? NaN) > (before.auc ?? NaN));
});

test('several models get the same weights, and each is judged for itself', () => {
  const both = calibrate([
    { model: 'right', records: many.map((one) => ({ ...one, right: true })) },
    { model: 'wrong', records: many.slice(0, 4_000).map((one) => ({ ...one, right: false })) },
    { model: 'right', records: [] },
  ]);
  assert.deepEqual(
    both.heldOut.map(({ model, suggestions, right }) => [model, right === suggestions, right]),
    [
      ['right', true, many.length / 2],
      ['wrong', false, 0],
    ],
  );
});

test('too few suggestions are refused', () => {
  for (const records of [[], many.slice(0, 30)]) {
    assert.throws(() => calibrate([{ model: 'm', records }]), /at least 20 of each/);
  }
});

test('what is no evaluation is refused in one line', () => {
  const [good] = many;
  const output = { model: 'm', records: [good] };
  assert.equal(parseRecords(JSON.stringify(output), 'r.json').records.length, 1);
  const wrong = [
    [],
    { ...output, model: 3 },
    { ...output, records: 3 },
    ...[{ tokens: 0 }, { sumLogP: null }, { right: 'yes' }, { path: undefined }].map((change) => ({
      ...output,
      records: [{ ...good, ...change }],
    })),
  ];
  for (const text of ['{', ...wrong.map((one) => JSON.stringify(one))]) {
    assert.throws(() => parseRecords(text, 'r.json'), /^[^\n]*r\.json: no output of[^\n]*$/);
  }
});
