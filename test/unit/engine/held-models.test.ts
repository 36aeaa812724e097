/** Which models the engine keeps in memory, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeLoadOptions } from '../../../extension/engine/addon.ts';
import { request } from './requests.ts';
import { folder, ignore, load, never, script, until } from './scripted-engine.ts';
import { nativeError, type ScriptedModel } from './scripted-model.ts';

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
  const begun = performance.now();
  await engine.load({ ...other, ...minutes }, ignore);
  await until(() => models[0]?.isDisposed === true);
  // Timers may be early by a millisecond.
  assert.ok(performance.now() - begun >= 59, 'not at once');
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
