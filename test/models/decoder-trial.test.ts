/** A real model in both decoders: whichever is the faster one has it from then on, and says so. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Engine } from '../../extension/engine/engine.ts';
import type { ModelFigures } from '../../extension/protocol/figures.ts';
import type { CompleteParams, LoadModelParams } from '../../extension/protocol/requests.ts';
import { requireAddon, root } from '../engine/model.ts';
import { realModel } from './real-model.ts';

const model = await realModel('smollm2-135m');
const folder = mkdtempSync(join(tmpdir(), 'hotset-trial-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const request: CompleteParams = {
  prefix: 'def add(a, b):\n    return ',
  suffix: '\n',
  maxTokens: 8,
  maxLines: 1,
  maxMilliseconds: 0,
  temperature: 0,
  seed: 0,
};

test('the faster decoder is kept, and taken at the next load', { skip: model.missing }, async () => {
  assert.ok(model.missing === false);
  const addon = requireAddon();
  addon.initialise(() => undefined);
  const load: LoadModelParams = {
    path: model.path,
    decoder: 'auto',
    mode: 'auto',
    hotThreshold: 0.3,
    contextLength: 512,
    threads: 2,
    gpuBudget: '0',
  };
  const ratesCache = join(folder, 'rates.json');
  let tell: (figures: ModelFigures) => void = () => undefined;
  const told = new Promise<ModelFigures>((resolve) => {
    tell = resolve;
  });
  const tools = { addon, root, log: () => undefined, ratesCache, quietMs: 0 };
  const engine = new Engine({ ...tools, onModelChanged: tell });
  const byRule = await engine.load(load, () => undefined);
  assert.doesNotMatch(byRule.decoderReason, /measured/);
  const measured = await told;
  assert.match(measured.decoderReason, /^measured on this machine, /);
  const answered = await engine.complete(request, new AbortController().signal);
  assert.equal(answered.decoder, measured.decoder);
  await engine.close();
  console.log(`${measured.decoder}: ${measured.decoderReason}`);

  assert.match(readFileSync(ratesCache, 'utf8'), new RegExp(`"decoder": "${measured.decoder}"`));
  const next = new Engine(tools);
  const { decoder, decoderReason } = await next.load(load, () => undefined);
  assert.deepEqual([decoder, decoderReason], [measured.decoder, measured.decoderReason]);
  await next.close();
});
