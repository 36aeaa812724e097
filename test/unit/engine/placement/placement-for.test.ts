/** What a load asks the addon to place. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NativeAddon, NativeLoadOptions } from '../../../../extension/engine/addon.ts';
import { placementFor } from '../../../../extension/engine/model/placement-for.ts';
import { scriptedAddon } from './scripted-addon.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-placement-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const options: NativeLoadOptions = {
  path: 'm.gguf',
  decoder: 'auto',
  mode: 'auto',
  profilePath: null,
  hotThreshold: 0.3,
  contextLength: 1024,
  threads: 2,
  kernel: 'auto',
};
let caches = 0;
const nothing = { placement: null, gpuLayers: null };

async function placed(params: { gpuBudget?: string; device?: string }, change: Partial<NativeAddon> = {}) {
  const warnings: string[] = [];
  const log = (level: string, message: string) => {
    if (level === 'warn') warnings.push(message);
  };
  const tools = { addon: scriptedAddon(change), log, ratesCache: join(folder, `${caches++}.json`) };
  return { result: await placementFor(options, params, tools), warnings };
}

test('the GPU takes part without being asked for, within what is free', async () => {
  const { result, warnings } = await placed({});
  assert.equal(result.placement?.device, 'Vulkan0');
  assert.ok(result.placement.layers.every(({ attention }) => attention === 'gpu'));
  assert.equal(result.gpuLayers, null);
  assert.deepEqual(warnings, []);
});

test('a budget of 0, and a machine without a GPU, change nothing and warn of nothing', async () => {
  assert.deepEqual(await placed({ gpuBudget: '0' }), { result: nothing, warnings: [] });
  assert.deepEqual(await placed({}, { devices: () => [] }), { result: nothing, warnings: [] });
});

test('a GPU that fails while it is looked at is left alone, with one warning', async () => {
  const measureDevice = () => Promise.reject(new Error('the driver crashed\nat 0x0'));
  const { result, warnings } = await placed({}, { measureDevice });
  assert.deepEqual(result, nothing);
  assert.deepEqual(warnings, ['the GPU is not used: the driver crashed']);
});

test('a budget that was asked for is refused where it can not be had', async () => {
  const measureDevice = () => Promise.reject(new Error('the driver crashed'));
  await assert.rejects(placed({ gpuBudget: '1GiB' }, { measureDevice }), { kind: 'internal' });
  await assert.rejects(placed({ gpuBudget: '1GiB' }, { devices: () => [] }), { kind: 'badInput' });
  await assert.rejects(placed({ gpuBudget: 'plenty' }), { kind: 'badInput' });
  await assert.rejects(placed({ gpuBudget: '1GiB', device: 'CUDA7' }), { kind: 'badInput' });
});

test('a model that is refused is refused, GPU or not', async () => {
  const refusal = Object.assign(new Error('m.gguf is truncated'), { code: 'BAD_MODEL' });
  const inspectModel = () => Promise.reject(refusal);
  await assert.rejects(placed({}, { inspectModel }), { kind: 'badModel', message: 'm.gguf is truncated' });
});
