/** The order of a benchmark's rounds, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { freemem } from 'node:os';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { NativeAddon, NativeLoadOptions, NativeModel } from '../../../extension/engine/addon.ts';
import { benchmark, type BenchmarkOptions } from '../../../extension/engine/benchmark/benchmark.ts';
import { description } from './description.ts';

const generation = {
  text: '',
  tokenProbabilities: new Float32Array(0),
  stopReason: 'maxTokens' as const,
  cachedTokens: 0,
  prefillMs: 10,
  timeToFirstTokenMs: 10,
  decodeMs: 10,
  activity: null,
  computed: null,
  recall: null,
};

function refusal(code: string): Error {
  return Object.assign(new Error(`refused: ${code}`), { code });
}

/** Models that say nothing, and a diary of what happened to them. */
class ScriptedAddon {
  readonly diary: string[] = [];
  mostLoaded = 0;
  #loaded = 0;
  readonly #sizeBytes: number;
  readonly #refusals: Error[];

  /** @param refusals of the loads of predicted mode, in order */
  constructor(sizeBytes: number, refusals: Error[] = []) {
    this.#sizeBytes = sizeBytes;
    this.#refusals = refusals;
  }

  get native(): NativeAddon {
    return { loadModel: (options: NativeLoadOptions) => this.#load(options) } as unknown as NativeAddon;
  }

  #load({ decoder, mode }: NativeLoadOptions): Promise<NativeModel> {
    const refused = mode === 'predicted' ? this.#refusals.shift() : undefined;
    if (refused !== undefined) return Promise.reject(refused);
    const name = decoder === 'llama.cpp' ? decoder : mode;
    this.#loaded++;
    this.mostLoaded = Math.max(this.mostLoaded, this.#loaded);
    return Promise.resolve({
      describe: () => ({ ...description, decoder, mode, sizeBytes: this.#sizeBytes }),
      generate: (prompt: Int32Array, { maxTokens, seed }: { maxTokens: number; seed: number }) => {
        this.diary.push(`${name} ${String(seed)}`);
        return Promise.resolve({
          ...generation,
          tokens: new Int32Array(maxTokens),
          promptTokens: prompt.length,
        });
      },
      release: async () => {
        await setImmediate();
        this.#loaded--;
      },
    } as unknown as NativeModel);
  }
}

const options: BenchmarkOptions = {
  model: 'm.gguf',
  shape: null,
  modes: ['exact', 'predicted'],
  threads: 1,
  hotThreshold: 0.3,
  predictor: 'auto',
  coldSparsity: 0.5,
  gpuBudget: 0,
  device: null,
  promptTokens: 4,
  tokens: 3,
  rounds: 2,
  onProgress: () => undefined,
};
const small = 1_000;
const largerThanMemory = 1e15;

test('contenders that fit into memory take turns in every round, after a warm-up', async () => {
  const addon = new ScriptedAddon(small);
  const { rows, order } = await benchmark(addon.native, options);
  assert.equal(order, 'rounds');
  const everyone = (round: number) => ['llama.cpp', 'exact', 'predicted'].map((name) => `${name} ${round}`);
  assert.deepEqual(addon.diary, [0, 1, 2].flatMap(everyone));
  assert.deepEqual(
    rows.map(({ mode, decodeTokensPerSecond }) => [mode, decodeTokensPerSecond]),
    [
      ['dense', 200],
      ['exact', 200],
      ['predicted', 200],
    ],
  );
});

test('contenders that do not fit together are loaded one at a time, in turn', async () => {
  const addon = new ScriptedAddon(largerThanMemory);
  const { rows, order } = await benchmark(addon.native, options);
  assert.equal(order, 'blocks');
  assert.equal(addon.mostLoaded, 1);
  const block = (round: number) =>
    ['llama.cpp', 'exact', 'predicted'].flatMap((name) => [`${name} 0`, `${name} ${round}`]);
  assert.deepEqual(addon.diary, [1, 2].flatMap(block));
  assert.equal(rows.length, 3);
});

test('contenders are loaded one at a time where memory holds all of them, but not every copy of their weights', async () => {
  const addon = new ScriptedAddon(freemem() / 3);
  const { order } = await benchmark(addon.native, options);
  assert.equal(order, 'blocks');
  assert.equal(addon.mostLoaded, 1);
});

test('a mode that cannot run is left out, unless it was asked for', async () => {
  const refused = () => new ScriptedAddon(small, [refusal('BAD_INPUT')]).native;
  const { rows, leftOut } = await benchmark(refused(), { ...options, modes: null });
  assert.deepEqual(
    rows.map(({ decoder, mode }) => `${decoder} ${mode}`),
    ['llama.cpp dense', 'hybrid dense', 'hybrid exact'],
  );
  assert.deepEqual(leftOut, [{ mode: 'predicted', reason: 'refused: BAD_INPUT' }]);
  await assert.rejects(benchmark(refused(), options), /refused: BAD_INPUT/);
});

test('progress grows to all rounds and names who runs', async () => {
  const told: { fraction: number; doing: string }[] = [];
  const onProgress = (fraction: number, doing: string) => told.push({ fraction, doing });
  await benchmark(new ScriptedAddon(small).native, { ...options, onProgress });
  const fractions = told.map(({ fraction }) => fraction);
  assert.deepEqual(
    fractions,
    fractions.toSorted((left, right) => left - right),
  );
  assert.ok((fractions.at(-1) ?? 1) < 1);
  assert.ok(told.some(({ doing }) => doing === 'hybrid predicted, round 2 of 2'));
});
