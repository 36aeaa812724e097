/** The order of a benchmark's rounds and of what happens in one, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { freemem } from 'node:os';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { NativeAddon, NativeLoadOptions, NativeModel } from '../../../extension/engine/addon.ts';
import { benchmark, type BenchmarkOptions } from '../../../extension/engine/benchmark/benchmark.ts';
import { Runner } from '../../../extension/engine/benchmark/runner.ts';
import { description } from './description.ts';
import { runOptions } from './run-options.ts';

const generation = {
  text: '',
  tokenProbabilities: new Float32Array(0),
  stopReason: 'maxTokens' as const,
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
  loads = 0;
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

  /** Without the prefills. */
  get decodings(): string[] {
    return this.diary.filter((entry) => !entry.endsWith('prefill'));
  }

  #load({ decoder, mode }: NativeLoadOptions): Promise<NativeModel> {
    const refused = mode === 'predicted' ? this.#refusals.shift() : undefined;
    if (refused !== undefined) return Promise.reject(refused);
    const name = decoder === 'llama.cpp' ? decoder : mode;
    this.loads++;
    this.#loaded++;
    this.mostLoaded = Math.max(this.mostLoaded, this.#loaded);
    return Promise.resolve({
      describe: () => ({ ...description, decoder, mode, sizeBytes: this.#sizeBytes }),
      generate: (prompt: Int32Array, { maxTokens, seed }: { maxTokens: number; seed: number }) => {
        const isPrefill = maxTokens === 1;
        this.diary.push(`${name} ${String(seed)}${isPrefill ? ' prefill' : ''}`);
        return Promise.resolve({
          ...generation,
          tokens: new Int32Array(maxTokens),
          promptTokens: prompt.length,
          // All but the last token of a prompt that came before.
          cachedTokens: isPrefill ? 0 : prompt.length - 1,
          prefillMs: isPrefill ? 10 : 1,
        });
      },
      passMilliseconds: (_prompt: Int32Array, counts: Int32Array, rounds: number) =>
        Promise.resolve(Float64Array.from({ length: counts.length * rounds }, () => 1)),
      release: async () => {
        await setImmediate();
        this.#loaded--;
      },
    } as unknown as NativeModel);
  }
}

const options: BenchmarkOptions = {
  ...runOptions,
  shape: null,
  modes: ['exact', 'predicted'],
  threads: 1,
  rounds: 3,
};
const small = 1_000;
const largerThanMemory = 1e15;

test('contenders that fit into memory take turns in every round, there and back, after a warm-up', async () => {
  const addon = new ScriptedAddon(small);
  const { rows, order } = await benchmark(addon.native, options);
  assert.equal(order, 'rounds');
  assert.deepEqual(addon.decodings, [
    ...['llama.cpp 0', 'exact 0', 'predicted 0'],
    ...['llama.cpp 1', 'exact 1', 'predicted 1'],
    ...['predicted 2', 'exact 2', 'llama.cpp 2'],
    ...['llama.cpp 3', 'exact 3', 'predicted 3'],
  ]);
  assert.deepEqual(
    rows.map(({ mode, decodeTokensPerSecond }) => [mode, decodeTokensPerSecond]),
    [
      ['dense', 200],
      ['exact', 200],
      ['predicted', 200],
    ],
  );
});

test('contenders that do not fit together are loaded one at a time, there and back', async () => {
  const addon = new ScriptedAddon(largerThanMemory);
  const { rows, order } = await benchmark(addon.native, options);
  assert.equal(order, 'blocks');
  assert.equal(addon.mostLoaded, 1);
  assert.deepEqual(addon.decodings, [
    ...['llama.cpp 0', 'llama.cpp 1', 'llama.cpp 2'],
    ...['exact 0', 'exact 1', 'exact 2'],
    ...['predicted 0', 'predicted 1', 'predicted 2', 'predicted 3'],
    ...['exact 0', 'exact 3'],
    ...['llama.cpp 0', 'llama.cpp 3'],
  ]);
  assert.equal(addon.loads, 5);
  assert.deepEqual(
    rows.map(({ decoder, mode, ratioToLlamaCpp }) => [decoder, mode, ratioToLlamaCpp]),
    [
      ['llama.cpp', 'dense', 1],
      ['hybrid', 'exact', 1],
      ['hybrid', 'predicted', 1],
    ],
  );
});

test('the bandwidth of a round is that of right before and right after its decoding', async () => {
  const addon = new ScriptedAddon(small);
  const runner = await Runner.open(
    addon.native,
    { decoder: 'hybrid', mode: 'exact' },
    options,
    () => undefined,
  );
  const bandwidths = [40e9, 60e9];
  const meter = {
    measure: () => {
      addon.diary.push('bandwidth');
      return Promise.resolve(bandwidths.shift() ?? NaN);
    },
  };
  const { prefill, decode, readBandwidth } = await runner.round(7, meter);
  assert.deepEqual(addon.diary, ['exact 7 prefill', 'bandwidth', 'exact 7', 'bandwidth']);
  // Four tokens in 10 ms, and two after the first one in 10 ms.
  assert.deepEqual({ prefill, decode, readBandwidth }, { prefill: 400, decode: 200, readBandwidth: 50e9 });
});

test('contenders are loaded one at a time where memory holds all of them, but not every copy of their weights', async () => {
  const addon = new ScriptedAddon(freemem() / 4.5);
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
  assert.ok(told.some(({ doing }) => doing === 'hybrid predicted, round 3 of 3'));
});
