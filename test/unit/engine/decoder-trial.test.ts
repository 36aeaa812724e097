/** The faster one of two decoders, measured while nothing is asked for, over an addon that takes as long as it is told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type {
  NativeAddon,
  NativeGeneration,
  NativeLoadOptions,
  NativeModel,
} from '../../../extension/engine/addon.ts';
import { Engine } from '../../../extension/engine/engine.ts';
import type { LocalDecoderName, ModelFigures } from '../../../extension/protocol/figures.ts';
import type { LoadModelParams } from '../../../extension/protocol/requests.ts';
import { description } from './description.ts';
import { scriptedAddon } from './placement/scripted-addon.ts';
import { request } from './requests.ts';
import { folder, load as anyLoad, never } from './scripted-engine.ts';
import { generation } from './scripted-model.ts';

const load: LoadModelParams = { ...anyLoad, gpuBudget: '0' };

/** Of an answer. */
type Milliseconds = Record<LocalDecoderName, number>;

interface Machine {
  readonly ms: Milliseconds;
  /** The rates cache. */
  readonly cache: string;
  readonly fingerprint?: string;
  /** What loading does before there is a model. */
  readonly onLoad?: (decoder: LocalDecoderName, onProgress: (fraction: number) => void) => Promise<void>;
}

/** As the addon chooses without a measurement. */
const byRule: LocalDecoderName = 'hybrid';

function decoderOf({ decoder, measuredDecoder }: NativeLoadOptions): LocalDecoderName {
  return decoder === 'auto' ? (measuredDecoder?.decoder ?? byRule) : decoder;
}

class TimedModel {
  readonly decoder: LocalDecoderName;
  isDisposed = false;
  answers = 0;
  readonly #options: NativeLoadOptions;
  readonly #ms: number;

  constructor(options: NativeLoadOptions, ms: Milliseconds) {
    this.decoder = decoderOf(options);
    this.#options = options;
    this.#ms = ms[this.decoder];
  }

  describe() {
    const { decoder, measuredDecoder } = this.#options;
    const isOpen = decoder === 'auto' && !measuredDecoder;
    const other = this.decoder === 'hybrid' ? ('llama.cpp' as const) : ('hybrid' as const);
    return {
      ...description,
      decoder: this.decoder,
      decoderReason: measuredDecoder?.reason ?? (isOpen ? 'by rule' : 'asked for'),
      otherDecoder: isOpen ? other : null,
    };
  }

  tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
  tokenizeHealed = (text: string) => ({ tokens: this.tokenize(text), held: new Uint8Array(0) });
  detokenize = () => '';
  cancel = () => undefined;
  passMilliseconds = () => Promise.resolve(new Float64Array(0));
  dispose = () => {
    this.isDisposed = true;
  };
  release = () => {
    this.dispose();
    return Promise.resolve();
  };

  async generate(prompt: Int32Array): Promise<NativeGeneration> {
    assert.ok(!this.isDisposed, 'the model was freed');
    this.answers++;
    await nextTurn();
    return {
      ...generation,
      tokens: new Int32Array(8),
      tokenProbabilities: new Float32Array(8),
      textEnds: new Int32Array(8),
      stopReason: 'maxTokens',
      promptTokens: prompt.length,
      cachedTokens: 0,
      passes: 8,
      prefillMs: this.#ms / 4,
      decodeMs: (this.#ms * 3) / 4,
      timeToFirstTokenMs: this.#ms / 4,
    };
  }
}

function machine({ ms, cache, fingerprint = '00', onLoad }: Machine) {
  const models: TimedModel[] = [];
  const told: ModelFigures[] = [];
  const addon: NativeAddon = {
    ...scriptedAddon(),
    devices: () => [],
    fingerprint: () => Promise.resolve(fingerprint),
    loadModel: async (options, onProgress) => {
      await onLoad?.(decoderOf(options), onProgress);
      const model = new TimedModel(options, ms);
      models.push(model);
      return model as unknown as NativeModel;
    },
  };
  const engine = new Engine({
    addon,
    root: folder,
    log: () => undefined,
    ratesCache: cache,
    machineFile: join(folder, 'machine.json'),
    quietMs: 0,
    onModelChanged: (model) => told.push(model),
  });
  return { engine, models, told };
}

let caches = 0;
const newCache = () => join(folder, `rates-${String(caches++)}.json`);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}

test('where the other decoder is the faster one it takes over, now and at the next load', async () => {
  const cache = newCache();
  const ms = { hybrid: 160, 'llama.cpp': 100 };
  const { engine, models, told } = machine({ ms, cache });
  assert.equal((await engine.load(load, () => undefined)).decoder, 'hybrid');
  await until(() => told.length > 0);
  const why = 'measured on this machine, 1.6 times as fast as the hybrid decoder';
  assert.deepEqual([told[0]?.decoder, told[0]?.decoderReason], ['llama.cpp', why]);
  assert.deepEqual(
    models.map(({ decoder, isDisposed }) => [decoder, isDisposed]),
    [
      ['hybrid', true],
      ['llama.cpp', false],
    ],
  );
  assert.equal((await engine.complete(request, never())).decoder, 'llama.cpp');
  await engine.close();

  const next = machine({ ms, cache });
  const model = await next.engine.load(load, () => undefined);
  assert.deepEqual([model.decoder, model.decoderReason], ['llama.cpp', why]);
  await next.engine.close();
});

test('where the decoder of the rule is the faster one it stays, with the figure for a reason', async () => {
  const cache = newCache();
  const { engine, models, told } = machine({ ms: { hybrid: 100, 'llama.cpp': 230 }, cache });
  await engine.load(load, () => undefined);
  await until(() => told.length > 0);
  const why = 'measured on this machine, 2.3 times as fast as llama.cpp';
  assert.deepEqual([told[0]?.decoder, told[0]?.decoderReason], ['hybrid', why]);
  await until(() => models[1]?.isDisposed === true);
  assert.equal(models[0]?.isDisposed, false);
  await engine.close();
});

test('noise changes no decoder', async () => {
  const { engine, told } = machine({ ms: { hybrid: 105, 'llama.cpp': 100 }, cache: newCache() });
  await engine.load(load, () => undefined);
  await until(() => told.length > 0);
  const why = 'measured on this machine, llama.cpp is not clearly faster';
  assert.deepEqual([told[0]?.decoder, told[0]?.decoderReason], ['hybrid', why]);
  await engine.close();
});

test('what was measured is not measured again, unless it is another model or damaged', async () => {
  const cache = newCache();
  const ms = { hybrid: 100, 'llama.cpp': 230 };
  const first = machine({ ms, cache });
  await first.engine.load(load, () => undefined);
  await until(() => first.told.length > 0);
  await first.engine.close();

  const again = machine({ ms, cache });
  const { decoderReason } = await again.engine.load(load, () => undefined);
  assert.match(decoderReason, /^measured/);
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  assert.equal(again.models.length, 1);
  await again.engine.close();

  const another = machine({ ms, cache, fingerprint: '01' });
  await another.engine.load(load, () => undefined);
  await until(() => another.told.length > 0);
  await another.engine.close();

  writeFileSync(cache, '{ "decoder 1: 00 on');
  const damaged = machine({ ms, cache });
  await damaged.engine.load(load, () => undefined);
  await until(() => damaged.told.length > 0);
  await damaged.engine.close();
});

test('a completion ends loading the other decoder, which is tried again afterwards', async () => {
  let isLoading = false;
  let givenUp = 0;
  const { engine, models, told } = machine({
    ms: { hybrid: 100, 'llama.cpp': 230 },
    cache: newCache(),
    onLoad: async (decoder, onProgress) => {
      if (decoder === 'hybrid' || givenUp > 0) return;
      isLoading = true;
      try {
        for (;;) {
          await nextTurn();
          onProgress(0.5);
        }
      } catch (error) {
        givenUp++;
        throw error;
      }
    },
  });
  await engine.load(load, () => undefined);
  await until(() => isLoading);
  assert.equal((await engine.complete(request, never())).stopReason, 'maxTokens');
  await until(() => told.length > 0);
  assert.equal(givenUp, 1);
  assert.deepEqual(
    models.map(({ decoder }) => decoder),
    ['hybrid', 'llama.cpp'],
  );
  await engine.close();
});

test('where the other decoder does not load, the model stays and is not tried again', async () => {
  let tries = 0;
  const { engine, models, told } = machine({
    ms: { hybrid: 100, 'llama.cpp': 50 },
    cache: newCache(),
    onLoad: (decoder) => {
      if (decoder === 'hybrid') return Promise.resolve();
      tries++;
      return Promise.reject(new Error('no memory'));
    },
  });
  await engine.load(load, () => undefined);
  await until(() => tries > 0);
  await engine.complete(request, never());
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  assert.deepEqual([tries, told.length, models.length, models[0]?.isDisposed], [1, 0, 1, false]);
  await engine.close();
});

test('a decoder that was asked for is not compared', async () => {
  const { engine, models } = machine({ ms: { hybrid: 100, 'llama.cpp': 50 }, cache: newCache() });
  await engine.load({ ...load, decoder: 'hybrid' }, () => undefined);
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  assert.equal(models.length, 1);
  await engine.close();
});
