/** A benchmark beside other processes: what runs when, and what is made of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { busyReport, loadChoices } from '../../../extension/cli/bench-busy.ts';
import { UsageError } from '../../../extension/cli/usage-error.ts';
import type { NativeAddon, NativeLoadOptions } from '../../../extension/engine/addon.ts';
import {
  busyBenchmark,
  fixedThreads,
  type BusyOptions,
} from '../../../extension/engine/benchmark/busy/busy.ts';
import { busyRows, type ThreadSeries } from '../../../extension/engine/benchmark/busy/busy-row.ts';
import { busyProcesses } from '../../../extension/engine/benchmark/busy/load.ts';
import { description } from './description.ts';
import { runOptions } from './run-options.ts';

const options: BusyOptions = {
  ...runOptions,
  mode: 'exact',
  rounds: 2,
  loads: ['engine'],
};

/** Models that take as long as they are told; the one with the shortest context is the load and never ends by itself. */
class ScriptedAddon {
  readonly diary: string[] = [];
  released = 0;
  loadRuns = false;

  get native(): NativeAddon {
    return { loadModel: (load: NativeLoadOptions) => this.#load(load) } as unknown as NativeAddon;
  }

  #load({ threads, contextLength }: NativeLoadOptions) {
    const isLoad = contextLength > options.promptTokens + 8;
    const name = threads === 0 ? 'automatic' : String(threads);
    let cancel: () => void = () => undefined;
    return Promise.resolve({
      describe: () => ({ ...description, vocabularySize: 1_000_000, threads: threads === 0 ? 2 : threads }),
      generate: (prompt: Int32Array) =>
        isLoad ? this.#loadUntil((end) => (cancel = end)) : this.#say(name, prompt),
      cancel: () => {
        cancel();
      },
      release: async () => {
        await setImmediate();
        this.released++;
      },
    });
  }

  async #loadUntil(whenCancelled: (end: () => void) => void): Promise<void> {
    this.loadRuns = true;
    await new Promise<void>((resolve) => {
      whenCancelled(resolve);
    });
    this.loadRuns = false;
  }

  #say(name: string, prompt: Int32Array) {
    this.diary.push(`${name}${this.loadRuns ? ' loaded' : ''}: ${String(prompt[0])}`);
    return Promise.resolve({
      timeToFirstTokenMs: this.loadRuns ? 30 : 10,
      decodeMs: this.loadRuns ? 40 : 20,
    });
  }
}

test('in every round each number of threads is measured idle, then under load, there and back, with new prompts', async () => {
  const addon = new ScriptedAddon();
  const rows = await busyBenchmark(addon.native, options);
  const names = addon.diary.map((entry) => entry.split(':')[0]);
  assert.deepEqual(names, [
    ...['automatic', '1', '2'],
    ...['automatic', '1', '2'],
    ...['automatic loaded', '1 loaded', '2 loaded'],
    ...['2', '1', 'automatic'],
    ...['2 loaded', '1 loaded', 'automatic loaded'],
  ]);
  const prompts = new Set(addon.diary.map((entry) => entry.split(':')[1]));
  assert.equal(prompts.size, 5, 'one of the warm-up, and one for each round and load');
  assert.equal(addon.released, 4);
  assert.deepEqual(
    rows.map(({ load, threads, isAutomatic }) => [load, threads, isAutomatic]),
    [null, 'a second engine'].flatMap((load) => [
      [load, 2, true],
      [load, 1, false],
      [load, 2, false],
    ]),
  );
  assert.deepEqual(
    rows.map(({ firstTokenRatio, decodeTokensPerSecond }) => [firstTokenRatio, decodeTokensPerSecond]),
    [...Array.from({ length: 3 }, () => [1, 100]), ...Array.from({ length: 3 }, () => [3, 50])],
  );
});

test('models are released where one does not load', async () => {
  const addon = new ScriptedAddon();
  const native = {
    loadModel: (load: NativeLoadOptions) =>
      load.threads === 2
        ? Promise.reject(new Error('no memory'))
        : addon.native.loadModel(load, () => undefined),
  } as unknown as NativeAddon;
  await assert.rejects(busyBenchmark(native, options), /no memory/);
  assert.equal(addon.released, 2);
});

test('a mode that the model does not allow is refused', async () => {
  const addon = new ScriptedAddon();
  await assert.rejects(busyBenchmark(addon.native, { ...options, mode: 'thresholded' }), /thresholded/);
  assert.equal(addon.released, 1);
});

function series(threads: number, isAutomatic: boolean, busy: number[][]): ThreadSeries {
  return {
    threads,
    isAutomatic,
    measurements: busy.flatMap(([firstTokenMs = 0, decode = 0]) => [
      { load: null, completion: { firstTokenMs: 100, decode: 50 } },
      { load: 'a load', completion: { firstTokenMs, decode } },
    ]),
  };
}

test('ratios are to idle and to the best fixed number of threads under the same load, round by round', () => {
  const all = [
    series(2, true, [
      [200, 20],
      [300, 18],
      [250, 10],
    ]),
    series(1, false, [
      [300, 25],
      [300, 20],
      [300, 20],
    ]),
    series(2, false, [
      [900, 5],
      [900, 5],
      [900, 30],
    ]),
  ];
  const rows = busyRows(all, [{ name: 'a load' }]).filter(({ load }) => load !== null);
  assert.deepEqual(
    rows.map((row) => row.firstTokenRatio),
    [2.5, 3, 9],
  );
  assert.deepEqual(
    rows.map((row) => row.decodeRatioToBest),
    [0.8, 1, 0.25],
    'one thread is the best, by its median',
  );
  assert.match(busyReport(rows), /a load +automatic \(2\) +250 ± 25.0 +2.50 +18.0 ± 2.5 +0.80/);
});

test('fixed numbers of threads are doubled up to what the engine chooses', () => {
  assert.deepEqual([1, 2, 3, 4, 8, 12].map(fixedThreads), [
    [1],
    [1, 2],
    [1, 2, 3],
    [1, 2, 4],
    [1, 2, 4, 8],
    [1, 2, 4, 8, 12],
  ]);
});

test('loads as given on the command line', () => {
  assert.deepEqual(loadChoices('1, 2,engine'), [1, 2, 'engine']);
  assert.throws(() => loadChoices('many'), UsageError);
  assert.throws(() => loadChoices('0'), UsageError);
});

test('busy processes run from start to stop', { timeout: 30_000 }, async () => {
  const load = busyProcesses(2);
  assert.equal(load.name, '2 busy processes');
  assert.equal(busyProcesses(1).name, 'one busy process');
  const before = runningChildren();
  await load.start();
  assert.equal(runningChildren(), before + 2);
  await load.stop();
  // Node forgets of them a little later.
  while (runningChildren() > before) await setImmediate();
});

function runningChildren(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
}
