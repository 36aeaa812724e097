/** llama.cpp's own server completes: `npm run build:llama-server` makes it, and a real model answers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAddon } from '../../extension/engine/native.ts';
import { Engine } from '../../extension/engine/engine.ts';
import { serverLink } from '../../extension/host/server/server-link.ts';
import { serverAddress } from '../../extension/host/server/server-address.ts';
import type { CompleteParams } from '../../extension/protocol/requests.ts';
import { completeParams, loadParams } from '../engine/engine-client.ts';
import { root } from '../engine/model.ts';
import { type LlamaServer, notBuilt, startLlamaServer } from './llama-server.ts';
import { realModel } from './real-model.ts';

const model = await realModel('qwen2.5-coder-0.5b');
const skip = notBuilt || model.missing;
const key = 'sk-llama';
let llama: LlamaServer;
let engine: Engine;

before(async () => {
  if (notBuilt || model.missing !== false) return;
  llama = await startLlamaServer(model.path, '--api-key', key);
  engine = engineBy(key);
  const { server, insteadOfServer } = await load(engine);
  assert.deepEqual([server, insteadOfServer], [llama.url, null]);
});

after(async () => {
  if (skip !== false) return;
  await engine.close();
  await llama.kill();
});

function engineBy(secret: string): Engine {
  const address = serverAddress(llama.url);
  const link = serverLink({ address: () => address, keyOf: () => Promise.resolve(secret) });
  const log = () => undefined;
  return new Engine({ addon: loadAddon(root, log), root, log, transport: { send: link } });
}

async function load(by: Engine) {
  const params = { ...loadParams, server: { url: llama.url, kind: 'auto' as const, model: '' } };
  return await by.load(params, () => undefined);
}

const place = {
  prefix: 'def add(a, b):\n    """Adds two numbers."""\n    return ',
  suffix: '\n\n\nprint(add(1, 2))\n',
  languageId: 'python',
};

async function complete(change: Partial<CompleteParams> = {}, signal = new AbortController().signal) {
  return await engine.complete({ ...completeParams, ...place, ...change }, signal);
}

test('its text is trimmed, and comes with its probability and its figures', { skip }, async () => {
  const result = await complete();
  assert.equal(result.text, 'a + b');
  assert.equal(result.decoder, 'server');
  assert.ok(result.confidence !== null && result.confidence > 0.3, String(result.confidence));
  assert.ok(result.promptTokens > 20 && result.tokens >= 3);
});

test('it keeps what it has computed of a place', { skip }, async () => {
  await complete();
  const { cachedTokens, promptTokens } = await complete();
  assert.ok(cachedTokens >= promptTokens - 4, `${cachedTokens} of ${promptTokens}`);
});

test('a completion that is cancelled ends there too', { skip }, async () => {
  const control = new AbortController();
  const long = complete({ maxTokens: 512, prefix: '# Numbers: 1, 2, 3,', suffix: '' }, control.signal);
  await sleep(300);
  control.abort();
  assert.equal((await long).stopReason, 'cancelled');
  const waited = await timeOf(() => complete());
  const alone = await timeOf(() => complete({ prefix: `${place.prefix}(` }));
  assert.ok(waited < 4 * alone + 1_000, `${waited} ms behind what was cancelled, ${alone} ms alone`);
});

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

test('other files are told it', { skip }, async () => {
  const told = [{ path: 'rates.py', text: 'EURO_RATE_OF_TODAY = 1.08\nPOUND_RATE_OF_TODAY = 1.27\n' }];
  const here = {
    prefix: 'from rates import EURO',
    suffix: '\n\n\ndef price(dollars):\n    pass\n',
    document: 'prices.py',
  };
  engine.attend({ ...here, told });
  await sleep(1_000);
  const { text } = await complete({ ...here, told });
  assert.match(text, /^_RATE_OF_TODAY/);
});

test('without its key, it is told why this machine completes', { skip }, async () => {
  const stranger = engineBy('sk-wrong');
  const { server, insteadOfServer } = await load(stranger);
  assert.equal(server, null);
  assert.match(insteadOfServer ?? '', /refuses the key \(401\)/);
  await stranger.close();
});
