/** What records add up to, and the page that shows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgramsEvaluation } from '../../../../../extension/engine/evaluation/programs/evaluate-programs.ts';
import { wilson } from '../../../../../extension/engine/evaluation/programs/intervals.ts';
import { peakBytes } from '../../../../../extension/engine/evaluation/programs/peak-memory.ts';
import {
  aloneNote,
  sweepChart,
  sweepReport,
} from '../../../../../extension/engine/evaluation/programs/report.ts';
import { summaryOf } from '../../../../../extension/engine/evaluation/programs/summary.ts';
import {
  thresholdNames,
  thresholdSetting,
} from '../../../../../extension/engine/evaluation/programs/threshold-settings.ts';
import { record, settings } from './records.ts';

const decoded = { promptTokens: 9, prefillMs: 1, gates: 1, keptMass: null };

test('rates are of the tokens behind each first one, shares are weighed by tokens', () => {
  const records = [
    record(0, true, {
      ...decoded,
      tokens: 11,
      decodeMs: 100,
      processorMs: 50,
      tokenMs: [10, 20],
      activity: 0.2,
    }),
    record(1, false, {
      ...decoded,
      tokens: 31,
      decodeMs: 300,
      processorMs: 150,
      tokenMs: [30],
      activity: 0.6,
    }),
    record(2, false, { ...decoded, tokens: 1, decodeMs: 0, processorMs: 0, tokenMs: [], activity: null }),
  ];
  const summary = summaryOf({ ...settings, mode: 'thresholded', gpuShare: 0.5 }, records, [1], null);
  assert.equal(summary.tokensPerSecond, 100);
  assert.equal(summary.tokensPerProcessorSecond, 200);
  assert.deepEqual(summary.tokenMs, { p50: 20, p95: 29 });
  const activity = (11 * 0.2 + 31 * 0.6) / 42;
  assert.ok(
    Math.abs((summary.neurons ?? 0) - (0.5 + 0.5 * activity)) < 1e-12,
    'the GPU computes all of its own',
  );
  assert.deepEqual(summary.passAt, [{ k: 1, rate: 1 / 3, ...wilson(1, 3) }]);
  assert.deepEqual(summary.outcomes, { passed: 1, failed: 2 });
  assert.equal(summary.keptMass, null);
});

test('speeds, latencies and memory are of what was written alone, everything else of all', () => {
  const alone = { ...decoded, tokens: 11, decodeMs: 100, processorMs: 50, tokenMs: [10], activity: 0.2 };
  const beside = { ...alone, decodeMs: 900, processorMs: 800, tokenMs: [90], activity: 0.6, parallel: 8 };
  const records = [
    record(0, true, { ...alone, peakMemoryBytes: 5 }),
    record(1, true, { ...beside, peakMemoryBytes: 9 }),
  ];
  const summary = summaryOf({ ...settings, mode: 'thresholded' }, records, [1], null);
  assert.deepEqual([summary.parallel, summary.alone], [8, 1]);
  assert.deepEqual([summary.tokensPerSecond, summary.tokensPerProcessorSecond], [100, 200]);
  assert.deepEqual([summary.tokenMs, summary.peakMemoryBytes], [{ p50: 10, p95: 10 }, 5]);
  assert.ok(Math.abs((summary.neurons ?? 0) - 0.4) < 1e-12);
  assert.equal(summary.passAt[0]?.rate, 1);
  assert.equal(
    aloneNote([summary]).trim(),
    'Up to 8 completions were written at once; speed, latency and memory are of the 1 that were written alone.',
  );
  assert.equal(aloneNote([summaryOf(settings, [record(0, true, alone)], [1], null)]), '');
  const none = summaryOf(settings, [record(1, true, beside)], [1], null);
  assert.deepEqual([none.alone, none.tokensPerSecond, none.tokenMs], [0, null, null]);
});

test('time spent on following is weighed by tokens, and of sparse drafts the accepted ones are told', () => {
  const following = summaryOf(
    settings,
    [
      record(0, true, { tokens: 10, adapting: 0.01, drafted: 8, accepted: 4 }),
      record(1, true, { tokens: 30, adapting: 0.002, drafted: 12, accepted: 11 }),
    ],
    [1],
    null,
  );
  assert.ok(Math.abs((following.adapting ?? 0) - 0.004) < 1e-12);
  assert.equal(following.accepted, 0.75);
  const fixed = summaryOf(settings, [record(0, true, { tokens: 10, adapting: null, drafted: 0 })], [1], null);
  assert.deepEqual([fixed.adapting, fixed.accepted], [null, null]);
});

test('dense mode computes every neuron, whatever fired', () => {
  const records = [record(0, true, { ...decoded, tokens: 5, activity: 0.1 })];
  assert.equal(summaryOf(settings, records, [1], null).neurons, 1);
});

test('several samples of a task count as one task', () => {
  const records = [0, 1, 2, 3].flatMap((sample) => [
    record(0, sample < 2, { sample }),
    record(1, false, { sample }),
  ]);
  const summary = summaryOf(settings, records, [1, 2], null);
  assert.equal(summary.tasks, 2);
  assert.deepEqual(
    summary.passAt.map(({ k, rate }) => [k, Number(rate.toFixed(9))]),
    [
      [1, 0.25],
      [2, 0.416666667],
    ],
  );
});

test('tasks are paired by name, those that one of the two lacks left out', () => {
  const base = [record(0, true), record(1, true), record(2, false)];
  const { paired } = summaryOf(settings, [record(2, true), record(0, false), record(9, true)], [1], base);
  assert.ok(paired !== null);
  assert.deepEqual([paired.tasks, paired.onlyFirst, paired.onlySecond], [2, 1, 1]);
});

test('settings are named, each with its number', () => {
  assert.deepEqual(thresholdSetting('none').load, { mode: 'dense' });
  const { mode, selection, threshold } = thresholdSetting('quantile:0.5').load;
  assert.deepEqual([mode, selection, threshold], ['thresholded', 'gate', { by: 'share', at: 0.5 }]);
  const byMass = thresholdSetting('product-mass:0.9').load;
  assert.deepEqual([byMass.selection, byMass.threshold], ['product', { by: 'mass', at: 0.9 }]);
  assert.deepEqual(thresholdSetting('product-token-mass:0.9').load.threshold, { by: 'token-mass', at: 0.9 });
  const held = thresholdSetting('sign-dynamic:0.9').load;
  assert.deepEqual(held, {
    mode: 'predicted',
    predictor: 'sign',
    threshold: { by: 'dynamic-mass', at: 0.9 },
  });
  const verified = thresholdSetting('product-verified:0.7').load;
  assert.deepEqual([verified.threshold, verified.verify], [{ by: 'share', at: 0.7 }, 4]);
  for (const text of ['', 'quantile', 'quantile:x', 'quantile:1.5', 'quantile:0.5:1', 'none:1', 'toString']) {
    assert.throws(() => thresholdSetting(text), new RegExp(thresholdNames.slice(0, 10)), text);
  }
});

/** Of two settings over two tasks. */
function sweepOf(other: string): ProgramsEvaluation {
  const figures = { ...decoded, tokens: 11, decodeMs: 100, processorMs: 50, tokenMs: [10], activity: 0.5 };
  const base = [record(0, true, figures), record(1, true, figures)];
  const run = (threshold: string, passed: boolean) => {
    const own = { ...settings, threshold, mode: threshold === 'none' ? 'dense' : 'thresholded' };
    return summaryOf(
      own,
      [record(0, passed, figures), record(1, true, figures)],
      [1],
      threshold === 'none' ? null : base,
    );
  };
  return {
    suite: 'HumanEval',
    isPublished: false,
    form: 'continuation',
    tasks: 2,
    model: '<model>',
    threads: 1,
    writing: { temperature: 0, topP: 0.95, maxTokens: 64, seed: 7 },
    samples: 1,
    settings: [run('none', true), run(other, false)],
  };
}

test('the page needs nothing beside it, spells names out and draws each setting', () => {
  const html = sweepReport(sweepOf('quantile:0.5'));
  assert.ok(html.includes('&lt;model&gt;') && !html.includes('<model>'));
  assert.ok(!/(src|href)=/.test(html));
  assert.equal(html.match(/<circle/g)?.length, 4, 'two settings in two plots');
  assert.match(html, /quantile:0\.5<\/b>: −50\.0 points \([^)]+\) on the same 2 tasks, 1\.00 × as fast/);
  assert.ok(!/NaN|undefined|Infinity/.test(html));
});

test('the picture by itself has room for the longest name', () => {
  for (const name of ['product:0', 'product-token-mass:0.875']) {
    const svg = sweepChart(sweepOf(name)) ?? '';
    assert.equal(svg.match(/<circle/g)?.length, 2);
    const width = Number(/^<svg [^>]*width="(\d+)"/.exec(svg)?.[1]);
    const left = Number(new RegExp(`<text class="label[^>]* x="([\\d.]+)"[^>]*>${name}<`).exec(svg)?.[1]);
    assert.ok(left + 7.5 * name.length <= width, `${name} begins at ${left} of ${width} pixels`);
    assert.ok(svg.includes('.point.c1{') && svg.includes('&lt;model&gt;'));
  }
});

test('peak memory is what Linux calls the high water mark', () => {
  assert.equal(peakBytes('VmPeak:\t 900 kB\nVmHWM:\t    300 kB\nVmRSS:\t 200 kB\n'), 300 * 1024);
  assert.equal(peakBytes('nothing'), null);
});
