/** The engine's own decisions, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NativeDescription } from '../../../extension/engine/addon.ts';
import type { CompleteParams } from '../../../extension/protocol/requests.ts';
import { description } from './description.ts';
import { request } from './requests.ts';
import { folder, ignore, load, never, script } from './scripted-engine.ts';
import { nativeError } from './scripted-model.ts';

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
  // Three tokens and the end, of four passes three timed ones, in 20 ms.
  assert.equal(result.tokensPerSecond, 150);
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

test('a single pass has no rate', async () => {
  assert.equal((await completion([])).result.tokensPerSecond, null);
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
