/** A server that fails and is back: the engine's own decisions, with the embedded model in between. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '../../extension/engine/engine.ts';
import { loadAddon } from '../../extension/engine/native.ts';
import type { Transport } from '../../extension/engine/remote/transport.ts';
import type { ModelFigures } from '../../extension/protocol/figures.ts';
import { completeParams, loadParams } from './engine-client.ts';
import { choice } from './faulty-server.ts';
import { root } from './model.ts';

const url = 'http://server.example';
let isUp: boolean;
let now: number;
let asked: string[];
let changes: ModelFigures[];
let engine: Engine;

const transport: Transport = {
  send: ({ path }, _signal, onText) => {
    asked.push(path);
    if (!isUp) return Promise.reject(new Error('nothing answers there'));
    if (path === '/props') return Promise.resolve(404);
    onText(path === '/v1/models' ? '{"data": [{"id": "m"}]}' : choice('said', 'stop'));
    return Promise.resolve(200);
  },
};

beforeEach(() => {
  isUp = true;
  now = 0;
  asked = [];
  changes = [];
  const log = () => undefined;
  engine = new Engine({
    addon: loadAddon(root, log),
    root,
    log,
    transport,
    now: () => now,
    onModelChanged: (model) => changes.push(model),
  });
});

afterEach(async () => {
  await engine.close();
});

async function load(change = {}): Promise<ModelFigures> {
  return await engine.load(
    { ...loadParams, server: { url, kind: 'auto', model: '' }, ...change },
    () => undefined,
  );
}

async function complete(signal = new AbortController().signal) {
  return await engine.complete(completeParams, signal);
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries++) await sleep(10);
  assert.ok(holds());
}

test('the completion that fails is answered by this machine, and the server by and by asked again', async () => {
  await load();
  assert.equal((await complete()).decoder, 'server');
  isUp = false;
  assert.equal((await complete()).decoder, 'hybrid');
  assert.deepEqual(
    changes.map(({ server, insteadOfServer }) => [server, insteadOfServer]),
    [[null, `${url}: nothing answers there`]],
  );

  asked = [];
  await complete();
  assert.deepEqual(asked, [], 'it is left alone for a while');
  now += 30_000;
  assert.equal((await complete()).decoder, 'hybrid', 'nobody waits for a server that is away');
  await until(() => asked.length > 0);
  await complete();
  assert.equal(asked.length, 1, 'and it is left alone again');

  isUp = true;
  now += 30_000;
  await complete();
  await until(() => changes.length === 2);
  assert.deepEqual([changes[1]?.server, changes[1]?.insteadOfServer], [url, null]);
  assert.equal((await complete()).decoder, 'server');
});

test('a server that is away when it is chosen costs nothing but its absence', async () => {
  isUp = false;
  const { server, insteadOfServer, decoder } = await load();
  assert.deepEqual([server, decoder], [null, 'hybrid']);
  assert.match(insteadOfServer ?? '', /nothing answers there/);
  assert.equal((await complete()).decoder, 'hybrid');
});

test('where there is no local model either, that is told, and the server is asked again', async () => {
  await load({ path: '/nowhere/model.gguf' });
  isUp = false;
  await assert.rejects(complete(), /model\.gguf/);
  isUp = true;
  assert.equal((await complete()).decoder, 'server', 'and the server may still be back');
});

test('who types on does not wait for the local model', async () => {
  await load();
  isUp = false;
  const control = new AbortController();
  const answer = complete(control.signal);
  control.abort();
  assert.equal((await answer).stopReason, 'cancelled');
  assert.equal((await complete()).decoder, 'hybrid');
});

test('a model of this machine that is wanted next takes the server’s place', async () => {
  await load();
  const { server, insteadOfServer } = await engine.load(loadParams, () => undefined);
  assert.deepEqual([server, insteadOfServer], [null, null]);
  asked = [];
  assert.equal((await complete()).decoder, 'hybrid');
  assert.deepEqual(asked, []);
});
