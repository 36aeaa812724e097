/** Reliability and precision against closed forms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationOf } from '../../../../extension/engine/evaluation/calibration.ts';
import { confidenceChart } from '../../../../extension/engine/evaluation/confidence-chart.ts';

function records(...judged: readonly (readonly [confidence: number, right: boolean])[]) {
  return judged.map(([confidence, right]) => ({ right, confidence, written: 'return' }));
}

const near = (value: number | null | undefined, expected: number) => {
  assert.ok(value !== null && value !== undefined && Math.abs(value - expected) < 1e-9, String(value));
};

/** 0.85 twice, one right; 0.25 once, wrong; 1 once, right: of five places. */
const four = calibrationOf(records([0.85, true], [0.85, false], [0.25, false], [1, true]), 5);

test('each suggestion is in the bin of its confidence, 1 in the last', () => {
  assert.deepEqual(
    four.bins.map(({ count }) => count),
    [0, 0, 1, 0, 0, 0, 0, 0, 2, 1],
  );
  assert.deepEqual(four.bins[8], { from: 0.8, to: 0.9, count: 2, confidence: 0.85, right: 0.5 });
  assert.deepEqual(four.bins[0], { from: 0, to: 0.1, count: 0, confidence: null, right: null });
});

test('calibration error and Brier score', () => {
  near(four.expectedCalibrationError, (2 * 0.35 + 0.25 + 0) / 4);
  near(four.brier, (0.15 ** 2 + 0.85 ** 2 + 0.25 ** 2) / 4);
});

test('a higher threshold shows less, counted over all places', () => {
  const at = (percent: number) => four.curve[percent];
  // Six letters for one key; each suggestion takes two keys' time to read.
  assert.deepEqual(at(0), { threshold: 0, share: 0.8, precision: 0.5, keysSaved: (2 * 5 - 4 * 2) / 5 });
  assert.deepEqual(at(85), { threshold: 0.85, share: 0.6, precision: 2 / 3, keysSaved: (2 * 5 - 3 * 2) / 5 });
  assert.deepEqual(at(86), { threshold: 0.86, share: 0.2, precision: 1, keysSaved: (5 - 2) / 5 });
  assert.equal(four.curve.length, 101);
  assert.equal(calibrationOf(records([0.4, false]), 1).curve[50]?.precision, null);
});

test('what chance alone makes of perfect confidence shrinks with the root of the number', () => {
  const error = (count: number) =>
    calibrationOf(records(...Array<readonly [number, boolean]>(count).fill([0.5, true])), count)
      .errorByChance;
  // Of 100 throws of a coin, the heads are about 0.8 · 5 from 50 on average.
  near(error(100), (Math.sqrt(2 / Math.PI) * 5) / 100);
  near(error(400), (error(100) ?? NaN) / 2);
  assert.equal(error(0), null);
});

test('the best threshold is the lowest of those that save most', () => {
  assert.equal(four.bestThreshold, 0.26);
  assert.equal(
    calibrationOf(records([0.4, false]), 1).bestThreshold,
    0.41,
    'better nothing than what is wrong',
  );
});

test('AUC is the share of pairs in which the right one has the higher confidence, ties half', () => {
  // The right ones have 0.85 and 1, the wrong ones 0.85 and 0.25.
  near(four.auc, (0.5 + 1 + 1 + 1) / 4);
  assert.equal(calibrationOf(records([0.4, false], [0.5, false]), 2).auc, null);
});

test('a perfectly calibrated source has no calibration error', () => {
  const perfect = records(...Array.from({ length: 10 }, (_, index) => [0.3, index < 3] as const));
  near(calibrationOf(perfect, 10).expectedCalibrationError, 0);
});

test('nothing suggested is nothing to judge', () => {
  const none = calibrationOf([], 3);
  assert.deepEqual([none.expectedCalibrationError, none.brier], [null, null]);
  assert.ok(none.curve.every(({ share, precision }) => share === 0 && precision === null));
  assert.doesNotMatch(confidenceChart('m', none), /NaN|Infinity|undefined/);
});

test('the chart names the model as text, and holds a circle for each bin in use', () => {
  const svg = confidenceChart('<b>&', four);
  assert.match(svg, /&lt;b&gt;&amp;: when to show/);
  assert.equal(svg.match(/<circle/g)?.length, 3);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});
