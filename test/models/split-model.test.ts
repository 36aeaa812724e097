/** A model that is divided into several files says what it says in one, whichever part is chosen. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ModelFigures } from '../../extension/protocol/figures.ts';
import { EngineClient, loadParams } from '../engine/engine-client.ts';
import { realModel } from './real-model.ts';
import { splitGguf } from './split-gguf.ts';

const model = await realModel('qwen2.5-coder-0.5b');
const folder = mkdtempSync(join(tmpdir(), 'hotset-split-'));
let parts: string[] = [];
let client: EngineClient;

before(() => {
  if (!('path' in model)) return;
  parts = splitGguf(model.path, folder, 'qwen', 3);
  client = new EngineClient(folder);
});

after(async () => {
  if (!model.missing) await client.shutdown();
  rmSync(folder, { recursive: true });
});

async function load(path: string): Promise<ModelFigures> {
  return await client.load({ ...loadParams, path, decoder: 'auto' });
}

async function said(path: string, decoder: 'auto' | 'llama.cpp' = 'auto') {
  const { parameters, sizeBytes } = await client.load({ ...loadParams, path, decoder });
  const { text } = await client.complete();
  return { text, parameters, sizeBytes: Math.round(sizeBytes / 1e6) };
}

test('split, it says the same, from any of its parts or a link to one', { skip: model.missing }, async () => {
  if (!('path' in model)) return;
  const whole = await said(model.path, 'llama.cpp');
  assert.notEqual(whole.text, '');
  const link = join(folder, 'linked.gguf');
  symlinkSync(parts[1] ?? '', link);
  for (const path of [parts[0], parts[2], link]) assert.deepEqual(await said(path ?? ''), whole);
});

test('a part that is missing is named', { skip: model.missing }, async () => {
  const [, second = ''] = parts;
  renameSync(second, join(folder, 'elsewhere'));
  await assert.rejects(
    load(parts[0] ?? ''),
    /its part 2 of 3 is missing; put qwen-00002-of-00003\.gguf beside it/,
  );
  renameSync(join(folder, 'elsewhere'), second);
  renameSync(parts[0] ?? '', join(folder, 'elsewhere'));
  await assert.rejects(load(second), /qwen-00001-of-00003\.gguf: no such file/);
});

test('our own decoder says that it can not', { skip: model.missing }, async () => {
  renameSync(join(folder, 'elsewhere'), parts[0] ?? '');
  const params = { ...loadParams, path: parts[0] ?? '', decoder: 'hybrid' as const };
  await assert.rejects(client.load(params), /divided into several files/);
});
