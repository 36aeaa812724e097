/** What the engine computes while nothing is asked for, over an addon that does as it is told. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { OtherEngines } from '../../../extension/engine/other-engines.ts';
import { request } from './requests.ts';
import { folder, ignore, load, never, script, until } from './scripted-engine.ts';
import { generation } from './scripted-model.ts';
import { step } from '../models/cost/machines.ts';

/** An engine that holds a model. */
async function loaded() {
  const { engine, models } = script();
  await engine.load(load, ignore);
  const [model] = models;
  assert.ok(model);
  return { engine, model };
}

test('while nothing is asked for, the place attended to is computed; a request ends that', async () => {
  const { engine, model } = await loaded();
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

test('behind a completion that was called off, reading ends by itself unless somebody asks or looks', async () => {
  const { engine, model } = await loaded();
  const calledOff = async () => {
    const client = new AbortController();
    model.pieces = Array<string>(1e6).fill('');
    model.said = 0;
    const asked = engine.complete({ ...request, document: 'file:a' }, client.signal);
    await until(() => model.said > 0);
    model.pieces = [];
    client.abort();
    assert.equal((await asked).stopReason, 'cancelled');
  };
  /** On a busy machine, the time for it may be over before it begins. */
  const untilRead = async (times: number) => {
    do {
      await calledOff();
      await sleep(100);
    } while (model.prepared.length < times);
  };
  await untilRead(1);
  await until(() => model.gaveWay === 1);
  engine.tell({ folder, document: 'file:a', unsaved: [], open: [], found: [] });
  await sleep(50);
  assert.equal(model.prepared.length, 1, 'read for nobody');

  await untilRead(2);
  engine.attend({ prefix: 'a = 1', suffix: '', document: 'file:b' });
  await until(() => model.prepared.length === 3);
  await sleep(300);
  assert.equal(model.gaveWay, 2, 'somebody looks');
  await engine.close();
});

test('where nobody looks any more, reading ends', async () => {
  const { engine, model } = await loaded();
  engine.attend({ prefix: 'a = 1\nb = ', suffix: '\n', document: 'file:a' });
  await until(() => model.prepared.length === 1);
  engine.leave();
  await until(() => model.gaveWay === 1);
  engine.tell({ folder, document: 'file:a', unsaved: [], open: [], found: [] });
  await sleep(50);
  assert.equal(model.prepared.length, 1, 'read for nobody');
  await engine.close();
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
  let now = Date.now();
  const others = () => new OtherEngines({ file, now: () => now });
  const windows = [0, 1].map(() => script(undefined, undefined, {}, { others: others() }));
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
    for (let times = 0; times < 3; times++) {
      now += 200;
      await until(() => statSync(file).mtimeMs === now); // it is said again as long as it is true
    }
    await sleep(50);
    assert.equal(model.prepared.length, 1, 'it waits until the other one is done');
    isOver = true;
    return generation;
  };
  assert.equal((await asked.engine.complete(request, never())).stopReason, 'endOfText');
  assert.ok(isOver);
  now += 400;
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
      const steps = [step];
      const products = [
        { type: 'f16', threads: 1, bytesPerSecond: 1, choiceBytesPerSecond: 1, productsPerSecond: 1 },
      ];
      return Promise.resolve({ kernel: 'scalar', cores: 1, availableBytes: null, products, steps });
    },
  });
  assert.equal(await engine.measureMachine(), true);
  assert.equal(await engine.measureMachine(), true);
  assert.equal(times, 1);
});
