/** pass@k, intervals and the paired test, against what they are defined by. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { efficiencyRatios } from '../../../../../extension/engine/evaluation/programs/efficiency-ratio.ts';
import { bootstrap, wilson } from '../../../../../extension/engine/evaluation/programs/intervals.ts';
import { mcNemar, pairedDifference } from '../../../../../extension/engine/evaluation/programs/paired.ts';
import { passAtK } from '../../../../../extension/engine/evaluation/programs/pass-at-k.ts';

function near(actual: number | null, expected: number, tolerance = 1e-12): void {
  assert.ok(actual !== null && Math.abs(actual - expected) < tolerance, `${String(actual)}, not ${expected}`);
}

/** All ways of choosing `k` of the samples, as sets of their numbers. */
function choices(samples: number, k: number): number[][] {
  if (k === 0) return [[]];
  if (samples < k) return [];
  const last = samples - 1;
  return [...choices(last, k), ...choices(last, k - 1).map((rest) => [...rest, last])];
}

suite('pass@k', () => {
  test('is the share of all choices of k samples that hold one that passed', () => {
    for (let samples = 1; samples <= 8; samples++) {
      for (let passed = 0; passed <= samples; passed++) {
        for (let k = 1; k <= samples; k++) {
          const all = choices(samples, k);
          const holding = all.filter((choice) => choice.some((sample) => sample < passed));
          near(passAtK(samples, passed, k), holding.length / all.length);
        }
      }
    }
  });

  test('of one sample is whether it passed, and of fewer samples than k nothing is known', () => {
    assert.equal(passAtK(1, 1, 1), 1);
    assert.equal(passAtK(1, 0, 1), 0);
    assert.equal(passAtK(4, 4, 5), null);
  });

  test('stays exact where the binomials are far beyond a number', () => {
    // 1 − C(1900, 100) / C(2000, 100), as a sum of logarithms.
    let log = 0;
    for (let drawn = 0; drawn < 100; drawn++) log += Math.log((1900 - drawn) / (2000 - drawn));
    near(passAtK(2000, 100, 100), 1 - Math.exp(log), 1e-10);
  });
});

suite('intervals', () => {
  test('Wilson’s holds exactly the rates that a normal test does not refuse', () => {
    for (const [count, of] of [
      [0, 10],
      [3, 10],
      [82, 164],
      [500, 500],
    ] as const) {
      const { low, high } = wilson(count, of);
      const share = count / of;
      for (const edge of [low, high]) {
        const deviations = Math.abs(share - edge) / Math.sqrt((edge * (1 - edge)) / of);
        const isEnd = edge === share;
        assert.ok(isEnd || Math.abs(deviations - 1.959964) < 1e-5, `${count} of ${of}: ${deviations}`);
      }
      assert.ok(low <= share && share <= high);
    }
  });

  test('the drawn one lies around the mean as the normal one does, and is the same every time', () => {
    const values = Array.from({ length: 200 }, (_, index) => (index % 4 === 0 ? 1 : 0));
    const { low, high } = bootstrap(values);
    near((low + high) / 2, 0.25, 0.01);
    near(high - low, 2 * 1.96 * Math.sqrt((0.25 * 0.75) / 200), 0.015);
    assert.deepEqual(bootstrap(values), { low, high });
    assert.deepEqual(bootstrap([1, 1, 1]), { low: 1, high: 1 });
  });
});

/** Each way that the coins can fall, counted one by one. */
function countedTail(first: number, second: number): number {
  const coins = first + second;
  const fewer = Math.min(first, second);
  let [as, all] = [0, 0];
  for (let fall = 0; fall < 2 ** coins; fall++) {
    const heads = fall.toString(2).replaceAll('0', '').length;
    all++;
    if (Math.min(heads, coins - heads) <= fewer) as++;
  }
  return as / all;
}

suite('paired difference', () => {
  test('McNemar’s p is the share of all falls of fair coins that are as uneven', () => {
    for (let first = 0; first <= 7; first++) {
      for (let second = 0; second <= 7; second++) near(mcNemar(first, second), countedTail(first, second));
    }
    assert.equal(mcNemar(0, 0), 1);
    assert.ok(mcNemar(0, 400) > 0 && mcNemar(0, 400) < 1e-100, 'no overflow');
  });

  test('counts what one alone solved, and its interval holds the difference', () => {
    const outcomes = [
      ...Array.from({ length: 10 }, () => [true, true] as const),
      ...Array.from({ length: 6 }, () => [true, false] as const),
      ...Array.from({ length: 1 }, () => [false, true] as const),
      ...Array.from({ length: 3 }, () => [false, false] as const),
    ];
    const paired = pairedDifference(outcomes);
    assert.deepEqual([paired.tasks, paired.onlyFirst, paired.onlySecond], [20, 6, 1]);
    near(paired.difference, -0.25);
    near(paired.p, countedTail(6, 1));
    // Agresti and Min: (1.5 − 6.5) / 22 ± 1.96 / 22 · √(8 − 25 / 22).
    near(paired.low, -5 / 22 - (1.959964 / 22) * Math.sqrt(8 - 25 / 22), 1e-6);
    near(paired.high, -5 / 22 + (1.959964 / 22) * Math.sqrt(8 - 25 / 22), 1e-6);
  });

  test('its interval covers the truth about 95 times in a hundred', () => {
    // All tables of 12 tasks with these chances of the four cells, each weighed by its own.
    const chances = { first: 0.2, second: 0.1, other: 0.7 };
    let covered = 0;
    const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
    for (let first = 0; first <= 12; first++) {
      for (let second = 0; first + second <= 12; second++) {
        const other = 12 - first - second;
        const ways = factorial(12) / (factorial(first) * factorial(second) * factorial(other));
        const weight = ways * chances.first ** first * chances.second ** second * chances.other ** other;
        const cells = [
          ...Array<readonly [boolean, boolean]>(first).fill([true, false]),
          ...Array<readonly [boolean, boolean]>(second).fill([false, true]),
          ...Array<readonly [boolean, boolean]>(other).fill([true, true]),
        ];
        const { low, high } = pairedDifference(cells);
        if (low <= -0.1 && -0.1 <= high) covered += weight;
      }
    }
    assert.ok(covered > 0.93 && covered < 0.99, String(covered));
  });
});

suite('performance-efficiency ratio', () => {
  const middling = { rate: 0.5, tokensPerSecond: 20, memoryBytes: 300, tokenMs: 30 };
  const best = { rate: 0.9, tokensPerSecond: 40, memoryBytes: 100, tokenMs: 10 };
  const worst = { rate: 0.1, tokensPerSecond: 10, memoryBytes: 500, tokenMs: 90 };

  test('is the fourth root of what lies between the worst and the best of each figure', () => {
    const [first, second, third] = efficiencyRatios([best, middling, worst]);
    assert.deepEqual([first, third], [1, 0]);
    near(second ?? null, ((1 / 2) * (1 / 3) * (1 / 2) * (3 / 4)) ** 0.25);
  });

  test('who is the worst in one figure has nothing, and another system beside them changes the others', () => {
    const slow = { ...best, tokensPerSecond: 5 };
    assert.deepEqual(efficiencyRatios([middling, slow]), [0, 0]);
    const [alone] = efficiencyRatios([best, slow]);
    const [beside] = efficiencyRatios([best, slow, { ...worst, tokensPerSecond: 80 }]);
    assert.equal(alone, 1);
    near(beside ?? null, (35 / 75) ** 0.25);
  });

  test('is not known of one system, nor where a figure of any is missing', () => {
    assert.deepEqual(efficiencyRatios([best]), [null]);
    assert.deepEqual(efficiencyRatios([best, { ...worst, memoryBytes: null }]), [null, null]);
    assert.deepEqual(efficiencyRatios([best, best]), [1, 1]);
  });
});
