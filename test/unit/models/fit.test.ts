import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '../../../extension/models/catalogue.ts';
import { fitOf, forecastOf, memoryNeed, recommended, speedClass } from '../../../extension/models/fit.ts';
import { step } from './cost/machines.ts';
import { tern } from './entries.ts';

const gib = 2 ** 30;

test('a model fits where it leaves room, is tight where it hardly does, and else too large', () => {
  const at = (memory: number) => fitOf(tern, { memory, cores: 4, measured: null });
  assert.deepEqual([at(8 * gib), at(1.5e9), at(1e9)], ['fits', 'tight', 'too large']);
});

test('what was measured goes before what the file lets expect', () => {
  assert.equal(memoryNeed(tern), 8e8);
  assert.ok(memoryNeed({ ...tern, measured: null }) > 640_000_000);
  const unknown = { ...tern, measured: null, file: { ...tern.file, bytes: null } };
  assert.ok(Math.abs(memoryNeed(unknown) / 1e9 - 0.93) < 0.1);
});

test('of a mixture of experts only the share that a token reads makes it slow', () => {
  const large = { ...tern, file: { ...tern.file, bytes: 18e9 } };
  assert.equal(speedClass(large), 'slow');
  assert.equal(speedClass({ ...large, activeShare: 0.1 }), 'medium');
});

test('the model to begin with is measured, fits, and is the one that is right most often', () => {
  const on = (memory: number, cores: number) =>
    recommended(catalogue, { memory, cores, measured: null })?.id ?? null;
  assert.equal(on(16 * gib, 8), 'qwen2.5-coder-1.5b');
  assert.equal(on(16 * gib, 2), 'qwen2.5-coder-0.5b');
  assert.equal(on(3 * gib, 8), 'qwen2.5-coder-0.5b');
  assert.equal(on(gib / 2, 8), null);
});

test('where a first line takes long with every model, the soonest one is the one to begin with', () => {
  const product = {
    type: '*',
    threads: 2,
    bytesPerSecond: 5e9,
    choiceBytesPerSecond: 5e9,
    productsPerSecond: 5e10,
  };
  const measured = {
    ...{ name: 'slow', cores: 2, memoryBytes: 16 * gib, gpu: null },
    ...{ products: [product], steps: [{ ...step, threads: 2 }] },
  };
  const machine = { memory: 16 * gib, cores: 2, measured };
  const entry = recommended(catalogue, machine);
  assert.equal(entry?.id, 'qwen2.5-coder-0.5b');
  assert.ok((forecastOf(entry, machine)?.firstLineSeconds ?? 0) > 1);
  const [fewer] = catalogue.filter(({ id }) => id === 'qwen2.5-coder-1.5b');
  assert.ok(fewer !== undefined);
  assert.equal(recommended([fewer], machine), fewer);
});
