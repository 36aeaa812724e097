/** The engine's own decisions, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type {
  NativeAddon,
  NativeDescription,
  NativeGeneration,
  NativeLoadOptions,
  NativeModel,
} from '../../../extension/engine/addon.ts';
import { Engine, type EngineTools } from '../../../extension/engine/engine.ts';
import { OtherEngines } from '../../../extension/engine/other-engines.ts';
import { noDrafts } from '../../../extension/protocol/figures.ts';
import type { CompleteParams, LoadModelParams } from '../../../extension/protocol/requests.ts';
import { description } from './description.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-engine-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const generation: NativeGeneration = {
  text: '',
  tokens: new Int32Array(0),
  tokenProbabilities: new Float32Array(0),
  textEnds: new Int32Array(0),
  endProbability: null,
  stopReason: 'endOfText',
  promptTokens: 3,
  cachedTokens: 1,
  prefilledTokens: 1,
  passes: 2,
  drafts: noDrafts(),
  prefillMs: 4,
  timeToFirstTokenMs: 5,
  decodeMs: 20,
  activity: 0.1,
  computed: 0.3,
  recall: 0.98,
  recallByLayer: [0.97, 0.99],
  held: {},
};

/** Says `pieces` one after the other, one in each turn of the event loop, and stops when it is cancelled. */
class ScriptedModel implements NativeModel {
  readonly options: NativeLoadOptions;
  isDisposed = false;
  isGenerating = false;
  wasFreedInUse = false;
  /** Whether the last generation was watched. */
  wasWatched = false;
  pieces: string[] = [];
  described = description;
  prepared: { prompt: Int32Array; sequence: string }[] = [];
  measured: number[] = [];
  gaveWay = 0;
  said = 0;
  #cancelled = new AbortController();

  constructor(options: NativeLoadOptions) {
    this.options = options;
  }

  describe = () => this.described;
  tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
  tokenizeHealed = (text: string) => ({ tokens: this.tokenize(text), held: new Uint8Array(0) });
  detokenize = (tokens: Int32Array) => Buffer.from(tokens).toString('latin1');
  logits = () => Promise.resolve(new Float32Array(0));
  takeTrace = () => Promise.resolve([]);
  takeStatistics = () => Promise.resolve({ activity: null, computed: null, recall: null, recallByLayer: [] });
  passMilliseconds = (_prompt: Int32Array, counts: Int32Array) => {
    this.measured = [...counts];
    return Promise.resolve(new Float64Array(0));
  };
  cancel = () => {
    this.#cancelled.abort();
  };
  /** Goes on until it is cancelled, as if it were long. */
  prefill = async (prompt: Int32Array, { sequence }: { sequence: string }) => {
    this.prepared.push({ prompt, sequence });
    const { signal } = (this.#cancelled = new AbortController());
    while (!signal.aborted) await nextTurn();
    this.gaveWay++;
    return { computedTokens: 1, isWhole: false, milliseconds: 1, held: { [sequence]: 1 } };
  };
  dispose = () => {
    this.wasFreedInUse ||= this.isGenerating;
    this.isDisposed = true;
  };
  release = () => {
    this.dispose();
    return Promise.resolve();
  };

  async generate(
    prompt: Int32Array,
    options: { readonly watch?: boolean },
    onText: (text: string) => void,
  ): Promise<NativeGeneration> {
    if (this.isDisposed) throw nativeError('BAD_INPUT', 'the model was disposed');
    const { signal } = (this.#cancelled = new AbortController());
    this.isGenerating = true;
    this.wasWatched = options.watch === true;
    this.said = 0;
    let text = '';
    for (const piece of this.pieces) {
      await nextTurn();
      if (signal.aborted) break;
      this.said++;
      text += piece;
      onText(piece);
    }
    this.isGenerating = false;
    const tokens = new Int32Array(this.said);
    const stopReason = signal.aborted ? 'cancelled' : 'endOfText';
    return {
      ...generation,
      text,
      tokens,
      ...tokensOf(this.pieces.slice(0, this.said)),
      passes: tokens.length,
      stopReason,
      promptTokens: prompt.length,
      prefilledTokens: prompt.length - 1,
      firing: this.wasWatched ? { tokens: 2, shares: Uint8Array.of(128) } : null,
    };
  }
}

/** Each piece is a token of one half's probability; the end is certain. */
function tokensOf(pieces: readonly string[]) {
  let bytes = 0;
  return {
    textEnds: Int32Array.from(pieces, (piece) => (bytes += Buffer.byteLength(piece))),
    tokenProbabilities: new Float32Array(pieces.length).fill(0.5),
    endProbability: 1,
  };
}

interface Script {
  readonly models: ScriptedModel[];
  readonly warnings: string[];
  readonly engine: Engine;
}

/**
 * @param prepare what a load does before it has a model: throws for options to reject, or takes its time
 * @param described what the models say of themselves
 */
function script(
  prepare: (options: NativeLoadOptions, models: ScriptedModel[]) => unknown = () => undefined,
  described = description,
  measuring: Partial<NativeAddon> = {},
  tools: Pick<EngineTools, 'others'> = {},
): Script {
  const models: ScriptedModel[] = [];
  const warnings: string[] = [];
  const addon: NativeAddon = {
    initialise: () => undefined,
    devices: () => [],
    inspectModel: () => Promise.reject(new Error('this script has no GPU')),
    fingerprint: () => Promise.resolve('0123456789abcdef'),
    placementCosts: () => Promise.reject(new Error('this script has no GPU')),
    measureDevice: () => Promise.reject(new Error('this script has no GPU')),
    fitGpuLayers: () => Promise.reject(new Error('this script has no GPU')),
    measureProcessor: () => Promise.reject(new Error('this script measures nothing')),
    cancelMeasuring: () => undefined,
    loadModel: async (options) => {
      await prepare(options, models);
      const model = new ScriptedModel(options);
      model.described = described;
      models.push(model);
      return model;
    },
    openProfiler: () => Promise.reject(new Error('this script profiles nothing')),
    readProfile: () => Promise.reject(new Error('this script reads no profile')),
    writeShape: () => Promise.reject(new Error('this script writes no shape')),
    ...measuring,
  };
  const engine = new Engine({
    addon,
    root: folder,
    log: (_level, message) => warnings.push(message),
    machineFile: join(folder, 'machine.json'),
    ...tools,
  });
  return { models, warnings, engine };
}

function nativeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const load: LoadModelParams = {
  path: join(folder, 'a.gguf'),
  decoder: 'auto',
  mode: 'auto',
  hotThreshold: 0.5,
  contextLength: 256,
  threads: 1,
};

const request: CompleteParams = {
  prefix: 'x = ',
  suffix: '\n',
  maxTokens: 32,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};

const never = () => new AbortController().signal;
const ignore = () => undefined;

async function completion(pieces: string[], params: Partial<CompleteParams> = {}) {
  const { engine, models } = script();
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.pieces = pieces;
  return { result: await engine.complete({ ...request, ...params }, never()), model };
}

test('generating ends as soon as everything further would be cut away', async () => {
  const pieces = ['1', '\n', 'y', ' = 2', '\n', 'z = 3\n', ...Array<string>(100).fill('w\n')];
  const { result, model } = await completion(pieces, { prefix: 'def f():\n    x = ' });
  assert.equal(result.text, '1');
  assert.equal(result.stopReason, 'trimmed');
  assert.ok(model.said < 10, `${model.said} pieces were generated`);
});

test('figures come from the addon, the time to the first token from the request', async () => {
  const { result } = await completion(['a', 'b', 'c']);
  assert.equal(result.text, 'abc');
  assert.equal(result.tokensPerSecond, 100);
  assert.ok(result.timeToFirstTokenMs >= 5);
  assert.deepEqual(result.neuronSplit, {
    hot: 0.25,
    cold: 0.75,
    gpu: 0,
    cpu: 1,
    activity: 0.1,
    recall: 0.98,
  });
});

/** Says two tokens, each with a probability of one half, and ends for certain. */
async function sureness(described: NativeDescription) {
  const { engine, models } = script(undefined, described);
  const figures = await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.pieces = ['a', 'b'];
  const { confidence } = await engine.complete(request, never());
  return { isCalibrated: figures.isCalibrated, confidence };
}

const measured = {
  ...description,
  name: 'Qwen2.5 Coder 0.5B Instruct GGUF',
  architecture: 'qwen2',
  layers: 24,
  embeddingLength: 896,
};

const near = (value: number | null, expected: number) => {
  assert.ok(Math.abs((value ?? NaN) - expected) < 1e-6, String(value));
};

test('a model that was measured is calibrated; where weights were no better, by the plain product', async () => {
  const { isCalibrated, confidence } = await sureness(measured);
  assert.equal(isCalibrated, true);
  near(confidence, 0.25);
});

test('weights in the file come before what is known of the model', async () => {
  const { isCalibrated, confidence } = await sureness({
    ...measured,
    confidenceWeights: Float32Array.of(Math.log(3), 0, 0, 0),
  });
  assert.equal(isCalibrated, true);
  near(confidence, 0.75);
});

test('a model that nobody measured says how sure it is, and that it is not calibrated', async () => {
  for (const other of [description, { ...measured, layers: 28 }]) {
    const { isCalibrated, confidence } = await sureness(other);
    assert.equal(isCalibrated, false);
    near(confidence, 0.25);
  }
});

test('of a block, the confidence is that of its first line', async () => {
  const { result } = await completion(['if', ' x:', '\n', '    y()', '\n'], {
    prefix: 'def f():\n    ',
    maxLines: 4,
  });
  assert.equal(result.text, 'if x:\n    y()');
  // Two tokens and the line feed behind them.
  near(result.confidence, 0.125);
});

test('figures say so when the GPU was lost since the load', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.describe = () => ({ ...description, device: 'Some GPU', gpuShare: 0.5 });
  const before = await engine.complete(request, never());
  assert.deepEqual([before.device, before.neuronSplit.gpu], ['Some GPU', 0.5]);
  model.describe = () => description;
  const after = await engine.complete(request, never());
  assert.deepEqual([after.device, after.neuronSplit.gpu, after.neuronSplit.cpu], [null, 0, 1]);
});

test('a single token has no rate', async () => {
  assert.equal((await completion(['a'])).result.tokensPerSecond, null);
});

test('the profile beside the model is used; one that does not fit is left aside, and the log says so', async () => {
  writeFileSync(join(folder, 'p.gguf'), '');
  writeFileSync(join(folder, 'p.profile.gguf'), '');
  const good = script();
  await good.engine.load({ ...load, path: join(folder, 'p.gguf') }, ignore);
  assert.equal(good.models[0]?.options.profilePath, join(folder, 'p.profile.gguf'));

  const bad = script(({ profilePath }) => {
    if (profilePath !== null) throw nativeError('BAD_MODEL', 'the profile is of another model');
  });
  await bad.engine.load({ ...load, path: join(folder, 'p.gguf') }, ignore);
  assert.equal(bad.models[0]?.options.profilePath, null);
  assert.match(bad.warnings.join('\n'), /profile is of another model/);
});

test('a broken model with a profile is refused for what is wrong with the model', async () => {
  const { engine } = script(() => {
    throw nativeError('BAD_MODEL', 'p.gguf is truncated');
  });
  const loading = engine.load({ ...load, path: join(folder, 'p.gguf') }, ignore);
  await assert.rejects(loading, { kind: 'badModel', message: 'p.gguf is truncated' });
});

const freed = (models: readonly ScriptedModel[]) => models.map(({ isDisposed }) => isDisposed);
const other = { ...load, path: join(folder, 'b.gguf') };

test('a model that answered lately does so again at once, with what it had computed', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  await engine.load(other, ignore);
  await engine.load(load, ignore);
  assert.deepEqual(freed(models), [false, false], 'nothing was loaded again');
  const [first, second] = models;
  assert.ok(first && second);
  first.pieces = ['first'];
  second.pieces = ['second'];
  assert.equal((await engine.complete(request, never())).text, 'first');
  await engine.load(other, ignore);
  assert.equal((await engine.complete(request, never())).text, 'second');
  await engine.close();
  assert.deepEqual(freed(models), [true, true]);
});

test('the same file loaded otherwise takes the place of the first', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  await engine.load({ ...load, threads: 2 }, ignore);
  assert.deepEqual(freed(models), [true, false]);
});

test('a model that was not wanted for long leaves memory, the one that answers never does', async () => {
  const { engine, models } = script();
  const minutes = { idleMinutes: 0.001 };
  await engine.load({ ...load, ...minutes }, ignore);
  await engine.load({ ...other, ...minutes }, ignore);
  assert.deepEqual(freed(models), [false, false]);
  await until(() => models[0]?.isDisposed === true);
  await sleep(100);
  assert.deepEqual(freed(models), [true, false]);
  await engine.load({ ...load, ...minutes }, ignore);
  assert.equal(models.length, 3);
  await engine.close();
});

test('a model whose file is another one by now is loaded again', async () => {
  const path = join(folder, 'changing.gguf');
  writeFileSync(path, 'one');
  const { engine, models } = script();
  await engine.load({ ...load, path }, ignore);
  await engine.load(other, ignore);
  writeFileSync(path, 'another');
  await engine.load({ ...load, path }, ignore);
  assert.deepEqual(freed(models), [true, false, false]);
});

test('where memory is short, the model that answered longest ago leaves first', async () => {
  const { engine, models } = script((_options, loaded) => {
    const held = loaded.filter(({ isDisposed }) => !isDisposed);
    if (held.length > 1) throw nativeError('OUT_OF_MEMORY', 'does not fit');
  });
  for (const name of ['a', 'b', 'a', 'c']) {
    await engine.load({ ...load, path: join(folder, `${name}.gguf`) }, ignore);
  }
  assert.deepEqual(freed(models), [false, true, false]);
});

const oneAtATime = (_options: NativeLoadOptions, models: ScriptedModel[]) => {
  if (models.some(({ isDisposed }) => !isDisposed)) throw nativeError('OUT_OF_MEMORY', 'does not fit');
};

test('a model that fits only alone takes the place of the one held', async () => {
  const { engine, models } = script(oneAtATime);
  await engine.load(load, ignore);
  await engine.load({ ...load, path: join(folder, 'b.gguf') }, ignore);
  assert.deepEqual(
    models.map(({ isDisposed, options }) => [options.path, isDisposed]),
    [
      [join(folder, 'a.gguf'), true],
      [join(folder, 'b.gguf'), false],
    ],
  );
});

test('a model that does not even fit alone gives the one held its place back', async () => {
  const { engine, models } = script((options) => {
    if (options.path === join(folder, 'b.gguf')) throw nativeError('OUT_OF_MEMORY', 'b.gguf does not fit');
  });
  await engine.load(load, ignore);
  const loading = engine.load({ ...load, path: join(folder, 'b.gguf') }, ignore);
  await assert.rejects(loading, { kind: 'outOfMemory' });
  assert.equal(models.at(-1)?.options.path, join(folder, 'a.gguf'));
  assert.equal((await engine.complete(request, never())).stopReason, 'endOfText');
});

/** More than anybody waits for: it ends early or the test fails. */
const longText = Array<string>(2_000).fill('a');

test('completions go on while another model is loaded; one that still runs is ended when that is ready', async () => {
  let finish: () => void = ignore;
  const ready = new Promise<void>((resolve) => (finish = resolve));
  const { engine, models } = script((_options, loaded) => (loaded.length > 0 ? ready : undefined));
  await engine.load(load, ignore);
  const [first] = models;
  assert.ok(first);

  const loading = engine.load(other, ignore);
  first.pieces = ['a'];
  assert.equal((await engine.complete(request, never())).stopReason, 'endOfText');

  first.pieces = longText;
  const running = engine.complete(request, never(), finish); // the model is ready with the first piece
  await loading;
  assert.equal((await running).stopReason, 'cancelled');
  assert.equal((await engine.complete(request, never())).stopReason, 'endOfText');
});

test('a completion is ended before its model makes room for another', async () => {
  const { engine, models } = script(oneAtATime);
  await engine.load(load, ignore);
  const [first] = models;
  assert.ok(first);
  first.pieces = longText;
  let began: () => void = ignore;
  const beginning = new Promise<void>((resolve) => (began = resolve));
  const running = engine.complete(request, never(), began);
  await beginning;
  await engine.load(other, ignore);
  assert.equal((await running).stopReason, 'cancelled');
  assert.deepEqual([first.isDisposed, first.wasFreedInUse], [true, false]);
  assert.equal((await engine.complete(request, never())).stopReason, 'endOfText');
});

test('closing frees the model, and completions are refused from then on', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  await engine.close();
  assert.equal(models[0]?.isDisposed, true);
  await assert.rejects(engine.complete(request, never()), { kind: 'noModel' });
});

test('whatever the addon throws arrives as one line', async () => {
  const { engine } = script(() => {
    throw new Error('something broke\nin many\nlines');
  });
  await assert.rejects(engine.load(load, ignore), { kind: 'internal', message: 'something broke' });
});

test('a limit of lines counts from the first line of its own', async () => {
  const pieces = ['\n    a = 1', '\n    b = 2', '\n    c = 3', '\n'];
  const below = await completion(pieces, { prefix: 'def f():', maxLines: 2 });
  assert.equal(below.result.text, '\n    a = 1\n    b = 2');
  assert.equal(below.result.stopReason, 'maxLines');
  const beside = await completion(['a = 1', '\nb = 2', '\nc = 3'], { prefix: '', maxLines: 2 });
  assert.equal(beside.result.text, 'a = 1\nb = 2');
});

/** Resolves once `is` holds: what nobody waits for takes its time. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await sleep(5);
}

test('while nothing is asked for, the place attended to is computed; a request ends that', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  engine.attend({ prefix: 'a = 1\nb = ', suffix: '\n', document: 'file:a' });
  await until(() => model.prepared.length === 1);
  assert.match(String(model.prepared[0]?.sequence), /^file:a/);
  assert.ok(model.measured.includes(1) && model.measured.length > 1, 'what several tokens at once cost');
  assert.equal(model.gaveWay, 0);

  model.pieces = ['2'];
  const result = await engine.complete({ ...request, prefix: 'a = 1\nb = ', document: 'file:a' }, never());
  assert.equal(result.text, '2');
  assert.equal(model.gaveWay, 1);

  engine.attend({ prefix: 'elsewhere = ', suffix: '', document: 'file:b' });
  await until(() => model.prepared.length === 2);
  await engine.close();
  assert.deepEqual([model.gaveWay, model.isDisposed], [2, true]);
});

test('a place in no document is not computed', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  engine.attend({ prefix: 'a = 1\nb = ', suffix: '\n' });
  await sleep(150);
  assert.deepEqual(models[0]?.prepared, []);
  await engine.close();
});

test('what an engine computes in the background gives way to a completion in another window, and goes on after it', async () => {
  const file = join(folder, 'completing');
  const windows = [0, 1].map(() => script(undefined, undefined, {}, { others: new OtherEngines({ file }) }));
  const [idle, asked] = windows;
  assert.ok(idle && asked);
  for (const { engine } of windows) await engine.load(load, ignore);
  idle.engine.attend({ prefix: 'a = 1\nb = ', suffix: '\n', document: 'file:a' });
  const [model] = idle.models;
  assert.ok(model && asked.models[0]);
  await until(() => model.prepared.length === 1);

  let isOver = false;
  asked.models[0].generate = async () => {
    while (model.gaveWay === 0) await sleep(5);
    assert.equal(model.prepared.length, 1);
    await sleep(500); // it is said again as long as it is true
    assert.equal(model.prepared.length, 1, 'it waits until the other one is done');
    isOver = true;
    return generation;
  };
  assert.equal((await asked.engine.complete(request, never())).stopReason, 'endOfText');
  assert.ok(isOver);
  await until(() => model.prepared.length === 2);
  assert.equal(model.gaveWay, 1);
  await Promise.all(windows.map(({ engine }) => engine.close()));
});

test('an engine gives way to others, not to itself', async () => {
  const others = new OtherEngines({ file: join(folder, 'completing-alone') });
  const { engine, models } = script(undefined, undefined, {}, { others });
  await engine.load(load, ignore);
  await engine.complete({ ...request, document: 'file:a' }, never());
  await until(() => models[0]?.prepared.length === 1);
  await sleep(50);
  assert.equal(models[0]?.gaveWay, 0);
  await engine.close();
});

test('the machine is measured when no completion runs, and a completion ends that', async () => {
  const ends: (() => void)[] = [];
  const isMeasuring = () => ends.length > 0;
  const { engine, models } = script(undefined, undefined, {
    measureProcessor: () =>
      new Promise((resolve) => {
        ends.push(() => {
          resolve(null);
        });
      }),
    cancelMeasuring: () => {
      for (const end of ends) end();
    },
  });
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.pieces = Array<string>(20).fill('a ');
  const first = engine.complete(request, never());
  const measuring = engine.measureMachine();
  await nextTurn();
  assert.ok(!isMeasuring(), 'measured beside a completion');
  await first;
  while (!isMeasuring()) await nextTurn();
  assert.notEqual((await engine.complete(request, never())).stopReason, 'cancelled');
  assert.equal(await measuring, false);
});

test('what was measured of the machine is not measured again', async () => {
  let times = 0;
  const { engine } = script(undefined, undefined, {
    measureProcessor: () => {
      times++;
      const steps = [
        { threads: 1, keysPerSecond: 1, attentionPerSecond: 1, nodeSeconds: 1, logitSeconds: 0 },
      ];
      const products = [{ type: 'f16', threads: 1, bytesPerSecond: 1, productsPerSecond: 1 }];
      return Promise.resolve({ kernel: 'scalar', cores: 1, availableBytes: null, products, steps });
    },
  });
  assert.equal(await engine.measureMachine(), true);
  assert.equal(await engine.measureMachine(), true);
  assert.equal(times, 1);
});

test('completions are watched only while somebody wants to know which neurons fired', async () => {
  const { engine, models } = script();
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.pieces = ['a'];
  await engine.complete(request, never());
  assert.equal(model.wasWatched, false);
  assert.equal(engine.firing(true), null);
  await engine.complete(request, never());
  assert.equal(model.wasWatched, true);
  assert.deepEqual(engine.firing(true), { tokens: 2, shares: Buffer.of(128).toString('base64') });
  // Of another model that says nothing.
  await engine.load({ ...load, path: join(folder, 'watched.gguf') }, ignore);
  assert.equal(engine.firing(true), null);
  assert.equal(engine.firing(false), null);
  await engine.complete(request, never());
  assert.equal(models[1]?.wasWatched, false);
});

test('a completion tells how many bytes a token read', async () => {
  const described = {
    ...description,
    sizeBytes: 1_000,
    feedForwardBytes: 600,
    gateBytes: 200,
    upDownBytes: 400,
  };
  const { engine, models } = script(undefined, { ...described, cacheBytesPerToken: 2 });
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  model.pieces = ['a', 'b'];
  const { bytesPerToken, promptTokens } = await engine.complete(request, never());
  // What every token reads, the cache, three tenths of the gates and a tenth of the rest.
  assert.equal(bytesPerToken, 400 + 2 * (promptTokens + 1) + 0.3 * 200 + 0.1 * 400);
  model.pieces = [];
  assert.equal((await engine.complete(request, never())).bytesPerToken, null);
});
