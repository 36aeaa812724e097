import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thresholdParams } from '../../../extension/cli/threshold-options.ts';
import { UsageError } from '../../../extension/cli/usage-error.ts';

const defaults = { selection: 'gate', 'cold-sparsity': '0.5', verify: '0', correct: '0' };
const noDensePasses = { verify: 0, correct: 0 };

test('the share of neurons to leave out is what τ follows from, unless a threshold is given', () => {
  assert.deepEqual(thresholdParams(defaults), {
    selection: 'gate',
    threshold: { by: 'share', at: 0.5 },
    ...noDensePasses,
  });
  assert.deepEqual(thresholdParams({ ...defaults, selection: 'product', 'cold-sparsity': '0.7' }), {
    selection: 'product',
    threshold: { by: 'share', at: 0.7 },
    ...noDensePasses,
  });
  for (const [text, threshold] of [
    ['share:0.25', { by: 'share', at: 0.25 }],
    ['mass:0.9', { by: 'mass', at: 0.9 }],
    ['value:3.5', { by: 'value', at: 3.5 }],
    ['dynamic-mass:0.9', { by: 'dynamic-mass', at: 0.9 }],
  ] as const) {
    assert.deepEqual(thresholdParams({ ...defaults, threshold: text }).threshold, threshold);
  }
});

test('a selection or threshold that there is not is refused', () => {
  assert.throws(() => thresholdParams({ ...defaults, selection: 'best' }), UsageError);
  for (const threshold of ['mass', 'mass:', 'mass:1.1', 'share:-0.1', 'value:x', 'top:3', 'mass:0.5:1']) {
    assert.throws(() => thresholdParams({ ...defaults, threshold }), UsageError, threshold);
  }
  assert.throws(() => thresholdParams({ ...defaults, verify: '8' }), UsageError);
});
