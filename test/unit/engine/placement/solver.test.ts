/** The integer program against every possible placement of small models, and its promises on large ones. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fill } from '../../../../extension/engine/placement/fill.ts';
import {
  allOnCpu,
  allOnGpu,
  type Choice,
  gpuBytes,
  mostOnGpu,
  type Neurons,
  type PlacementProblem,
} from '../../../../extension/engine/placement/problem.ts';
import { fewestThatPay } from '../../../../extension/engine/placement/communication.ts';
import { solveProgram } from '../../../../extension/engine/placement/program.ts';
import { relaxedPlacement } from '../../../../extension/engine/placement/relaxation.ts';
import { solvePlacement } from '../../../../extension/engine/placement/solve-placement.ts';
import { TokenTime } from '../../../../extension/engine/placement/token-time.ts';
import { randomNumbers } from '../../../random.ts';
import { choiceOf, countedSeconds, randomProblem } from './problems.ts';

const exactly = { seconds: 30, relativeGap: 0 };
const nearly = { seconds: 30, relativeGap: 0.002 };

/** Every subset of `size` neighbouring neurons each, as the set of their neurons. */
function subsets(neurons: number, size: number): Set<number>[] {
  const batches = Math.ceil(neurons / size);
  return Array.from({ length: 2 ** batches }, (_, pattern) => {
    const batchOf = (neuron: number) => Math.floor(neuron / size);
    const all = Array.from({ length: neurons }, (_unused, neuron) => neuron);
    return new Set(all.filter((neuron) => (pattern >> batchOf(neuron)) & 1));
  });
}

/** Attention from one layer on to the last lies on the GPU. */
function attentions(layers: number): boolean[][] {
  return Array.from({ length: layers + 1 }, (_, first) =>
    Array.from({ length: layers }, (_unused, layer) => layer >= first),
  );
}

/** Not only prefixes of the order by frequency: any batches. */
function bestOfAll(problem: PlacementProblem, roomBytes: number, batch: number): number {
  let best = Infinity;
  const [first, second] = problem.layers;
  assert.ok(first !== undefined && second !== undefined && problem.layers.length === 2);
  const bytesOf = (set: Set<number>, neurons: Neurons) =>
    set.size === neurons.count ? neurons.wholeBytes : set.size * neurons.bytes;
  for (const attention of attentions(2)) {
    for (const headOnGpu of [false, true]) {
      const head = headOnGpu ? problem.head.bytes : 0;
      const fixed = problem.layers.reduce(
        (total, layer, index) => total + (attention[index] ? layer.attention.bytes : 0),
        head,
      );
      for (const one of subsets(first.neurons.count, batch)) {
        for (const other of subsets(second.neurons.count, batch)) {
          const bytes = fixed + bytesOf(one, first.neurons) + bytesOf(other, second.neurons);
          if (bytes > roomBytes || !pays(problem, attention, [one, other])) continue;
          best = Math.min(best, countedSeconds(problem, attention, [one, other], headOnGpu));
        }
      }
    }
  }
  return best;
}

/** All or enough: none, or as many as the smallest number that makes up for the wait. */
function pays(
  problem: PlacementProblem,
  attention: readonly boolean[],
  onGpu: readonly Set<number>[],
): boolean {
  return problem.layers.every(({ neurons }, index) => {
    const { size } = onGpu[index] ?? new Set();
    if (attention[index] || size === 0) return true;
    return Array.from({ length: size }, (_, before) => before + 1).some((count) => {
      const cpu = neurons.cpuSeconds.slice(0, count).reduce((total, seconds) => total + seconds, 0);
      return count * neurons.gpuSeconds + problem.syncSeconds <= cpu;
    });
  });
}

suite('the integer program', () => {
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`finds what trying every set of batches finds, problem ${seed}`, async () => {
      const problem = randomProblem({ layers: 2, neurons: 256, granularity: 4, seed });
      const everything = gpuBytes(problem, allOnGpu(problem)) - problem.scratchBytes;
      for (const share of [0.15, 0.4, 0.7, 1]) {
        const roomBytes = everything * share;
        const found = await solveProgram(problem, roomBytes, exactly, allOnCpu(problem));
        assert.ok(found?.isOptimal);
        assert.ok(gpuBytes(problem, found.choice) - problem.scratchBytes <= roomBytes * (1 + 1e-9));
        const best = bestOfAll(problem, roomBytes, 64);
        const seconds = new TokenTime(problem).of(found.choice);
        assert.ok(Math.abs(seconds / best - 1) < 1e-4, `${seconds} s found, ${best} s possible at ${share}`);
      }
    });
  }

  test('the closed form agrees with counting neuron by neuron', () => {
    const problem = randomProblem({ layers: 3, neurons: 50, granularity: 1, seed: 7 });
    const random = randomNumbers(8);
    for (let turn = 0; turn < 50; turn++) {
      const counts = problem.layers.map(() => Math.floor(random() * 51));
      if (turn === 0) counts.fill(50);
      const attention = counts.map(() => random() < 0.5);
      const headOnGpu = random() < 0.5;
      const sets = counts.map((count) => new Set(Array.from({ length: count }, (_, neuron) => neuron)));
      const counted = countedSeconds(problem, attention, sets, headOnGpu);
      const closed = new TokenTime(problem).of(choiceOf(attention, counts, headOnGpu));
      assert.ok(Math.abs(closed / counted - 1) < 1e-12);
    }
  });

  test('a layer takes as many neurons as pay for the wait, or none', async () => {
    const problem = {
      ...randomProblem({ layers: 3, neurons: 640, granularity: 32, seed: 9 }),
      syncSeconds: 1e-3,
    };
    const withoutAttention: PlacementProblem = {
      ...problem,
      layers: problem.layers.map((layer) => ({
        ...layer,
        attention: { ...layer.attention, gpuSeconds: layer.attention.cpuSeconds * 10 },
      })),
    };
    const found = await solveProgram(withoutAttention, 4e6, exactly, allOnCpu(withoutAttention));
    assert.ok(found !== null);
    let used = 0;
    for (const [index, { neuronsOnGpu }] of found.choice.layers.entries()) {
      const { neurons } = withoutAttention.layers[index] ?? assert.fail();
      const enough = fewestThatPay(neurons, 1e-3);
      if (neuronsOnGpu > 0) assert.ok(enough !== null && neuronsOnGpu >= enough);
      used += neuronsOnGpu;
    }
    assert.ok(used > 0);
  });

  test('fewestThatPay is the first number that pays', () => {
    const neurons = {
      ...{ count: 4, bytes: 1, wholeBytes: 4, granularity: 1, gpuSeconds: 1, predictorSeconds: 0 },
      cpuSeconds: Float64Array.of(3, 2, 2, 1),
      frequencies: Float32Array.of(1, 1, 1, 1),
    };
    assert.equal(fewestThatPay(neurons, 2), 1);
    assert.equal(fewestThatPay(neurons, 2.5), 2);
    assert.equal(fewestThatPay(neurons, 4), 3);
    assert.equal(fewestThatPay(neurons, 5), null);
  });
});

/** Everything a placement must keep to, whatever the problem. */
function assertAllowed(problem: PlacementProblem, choice: Choice, budget: number): void {
  assert.ok(gpuBytes(problem, choice) <= budget, 'the budget is overrun');
  for (const [index, { neuronsOnGpu, attentionOnGpu }] of choice.layers.entries()) {
    const { neurons } = problem.layers[index] ?? assert.fail();
    assert.ok(neuronsOnGpu >= 0 && neuronsOnGpu <= mostOnGpu(neurons));
    assert.equal(neuronsOnGpu % neurons.granularity, 0);
    const next = choice.layers[index + 1];
    if (attentionOnGpu && next !== undefined) assert.ok(next.attentionOnGpu, 'attention is scattered');
  }
}

suite('the relaxation', () => {
  test('keeps to the budget and comes near the best, from which the program starts', async () => {
    for (const seed of [31, 32, 33]) {
      const problem = randomProblem({ layers: 8, neurons: 1024, granularity: 32, seed });
      const time = new TokenTime(problem);
      const everything = gpuBytes(problem, allOnGpu(problem)) - problem.scratchBytes;
      for (const share of [0.2, 0.5, 0.9]) {
        const start = relaxedPlacement(problem, everything * share);
        assertAllowed(problem, start, everything * share + problem.scratchBytes);
        const found = await solveProgram(problem, everything * share, nearly, start);
        assert.ok(found !== null);
        const filled = fill(problem, start, everything * share + problem.scratchBytes, 'whatSavesTime');
        assert.ok(time.of(filled) <= time.of(found.choice) * 1.1);
        assert.ok(time.of(found.choice) <= time.of(start) * 1.0001, 'the program lost its start');
      }
    }
  });

  test('places nothing where nothing fits, and everything that pays where all does', () => {
    const problem = randomProblem({ layers: 3, neurons: 256, granularity: 32, seed: 34 });
    assert.deepEqual(relaxedPlacement(problem, 0), allOnCpu(problem));
    const all = relaxedPlacement(problem, 1e12);
    assert.ok(all.headOnGpu && all.layers.every(({ attentionOnGpu }) => attentionOnGpu));
  });
});

suite('placements', () => {
  test('never overrun the budget, use it, and get no slower with more of it', async () => {
    for (const seed of [11, 12]) {
      const problem = randomProblem({ layers: 6, neurons: 1000, granularity: 8, seed });
      const everything = gpuBytes(problem, allOnGpu(problem));
      let slowest = new TokenTime(problem).of(allOnCpu(problem));
      for (let tenth = 1; tenth <= 10; tenth++) {
        const budget = Math.floor((everything * tenth) / 10);
        const placed = await solvePlacement(problem, budget, 'wholeBudget', nearly);
        assertAllowed(problem, placed.choice, budget);
        assert.equal(placed.gpuBytes, gpuBytes(problem, placed.choice));
        assert.ok(placed.gpuBytes > budget * 0.95, `${placed.gpuBytes} of ${budget} bytes are used`);
        const fast = await solvePlacement(problem, budget, 'whatSavesTime', nearly);
        assertAllowed(problem, fast.choice, budget);
        // The gap, and pieces of up to a sixteenth of a layer.
        assert.ok(
          fast.secondsPerToken <= slowest * 1.02,
          `${fast.secondsPerToken} s with ${budget} bytes, ${slowest} s with less`,
        );
        slowest = fast.secondsPerToken;
      }
    }
  });

  test('everything is placed where everything fits', async () => {
    const problem = randomProblem({ layers: 4, neurons: 512, granularity: 32, seed: 21 });
    const everything = allOnGpu(problem);
    const placed = await solvePlacement(problem, gpuBytes(problem, everything), 'wholeBudget', nearly);
    assert.deepEqual(placed.choice, everything);
    const short = await solvePlacement(problem, gpuBytes(problem, everything) - 1, 'wholeBudget', nearly);
    assert.ok(short.gpuBytes < gpuBytes(problem, everything));
  });

  test('no budget, and one that compute buffers alone exceed, leave everything on the CPU', async () => {
    const problem = randomProblem({ layers: 3, neurons: 256, granularity: 32, seed: 22 });
    for (const budget of [0, problem.scratchBytes, problem.scratchBytes + 1]) {
      const placed = await solvePlacement(problem, budget, 'wholeBudget', nearly);
      assert.deepEqual(placed.choice, allOnCpu(problem));
      assert.equal(placed.gpuBytes, 0);
    }
  });

  test('a GPU slower than the CPU gets nothing unless it must', async () => {
    const fast = randomProblem({ layers: 3, neurons: 256, granularity: 32, seed: 23 });
    const slower = (part: { bytes: number; gpuSeconds: number; cpuSeconds: number }) => ({
      ...part,
      gpuSeconds: part.cpuSeconds * 5,
    });
    const problem: PlacementProblem = {
      ...fast,
      head: slower(fast.head),
      syncSeconds: 1e-2,
      layers: fast.layers.map(({ attention, neurons }) => ({
        attention: slower(attention),
        neurons: { ...neurons, gpuSeconds: (neurons.cpuSeconds[0] ?? 0) * 5 },
      })),
    };
    const budget = gpuBytes(problem, allOnGpu(problem)) / 2;
    assert.equal((await solvePlacement(problem, budget, 'whatSavesTime', nearly)).gpuBytes, 0);
    assert.ok((await solvePlacement(problem, budget, 'wholeBudget', nearly)).gpuBytes > budget * 0.95);
  });

  test('degenerate models: no neurons fire, none can be cut, no layer at all', async () => {
    const plain = randomProblem({ layers: 3, neurons: 100, granularity: 1, seed: 24 });
    const silent: PlacementProblem = {
      ...plain,
      layers: plain.layers.map(({ attention, neurons }) => ({
        attention,
        neurons: { ...neurons, cpuSeconds: new Float64Array(100), frequencies: new Float32Array(100) },
      })),
    };
    const uncut: PlacementProblem = {
      ...plain,
      layers: plain.layers.map(({ attention, neurons }) => ({
        attention,
        neurons: { ...neurons, granularity: 128 },
      })),
    };
    const empty: PlacementProblem = { ...plain, layers: [] };
    for (const problem of [silent, uncut, empty]) {
      for (const budget of [1e5, 1e6, 1e7]) {
        const { choice } = await solvePlacement(problem, budget, 'wholeBudget', nearly);
        assertAllowed(problem, choice, budget);
      }
    }
  });

  test('filling takes single blocks where no batch fits any more', () => {
    const problem = randomProblem({ layers: 1, neurons: 256, granularity: 32, seed: 25 });
    const { neurons } = problem.layers[0] ?? assert.fail();
    const budget = problem.scratchBytes + 40 * neurons.bytes;
    const tight: PlacementProblem = {
      ...problem,
      head: { ...problem.head, bytes: 1e9 },
      layers: problem.layers.map((layer) => ({
        ...layer,
        attention: { ...layer.attention, bytes: 1e9 },
      })),
    };
    const choice = fill(tight, allOnCpu(tight), budget, 'wholeBudget');
    assert.deepEqual(choice, choiceOf([false], [32], false));
  });
});
