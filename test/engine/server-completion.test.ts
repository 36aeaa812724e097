/**
 * Completions by another engine, as the extension host asks for them: its supervisor, a real engine process, its link, over
 * HTTP to `hotset serve` and to a server that goes wrong.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineProcess } from '../../extension/host/engine/engine-process.ts';
import { EngineSupervisor } from '../../extension/host/engine/engine-supervisor.ts';
import { serverAddress } from '../../extension/host/server/server-address.ts';
import { serverLink } from '../../extension/host/server/server-link.ts';
import type { ModelFigures } from '../../extension/protocol/figures.ts';
import type { CompleteParams, LoadModelParams, LogParams } from '../../extension/protocol/requests.ts';
import { completeParams, engineScript, loadParams } from './engine-client.ts';
import { choice, event, FaultyServer, says, sendJson, type Behaviour } from './faulty-server.ts';
import { serve } from './serve-process.ts';

const storage = mkdtempSync(join(tmpdir(), 'hotset-server-'));
const key = 'sk-very-secret';
const keys = new Map<string, string>();
let logs: LogParams[] = [];
let supervisor: EngineSupervisor;
let server: FaultyServer;

beforeEach(async () => {
  logs = [];
  keys.clear();
  server = await FaultyServer.start();
});

afterEach(async () => {
  await supervisor.dispose();
  await server.stop();
});

after(() => {
  rmSync(storage, { recursive: true });
});

/** @param written as a person writes the setting */
function completeBy(written: string, model = ''): void {
  const address = serverAddress(written);
  const link = serverLink({ address: () => address, keyOf: (origin) => Promise.resolve(keys.get(origin)) });
  const wanted: LoadModelParams = { ...loadParams, server: { url: address.url, kind: 'auto', model } };
  supervisor = new EngineSupervisor({
    spawn: (events) => new EngineProcess(engineScript, storage, events, link),
    loadParams: () => wanted,
    log: (line) => logs.push(line),
  });
}

async function complete(change: Partial<CompleteParams> = {}, signal = new AbortController().signal) {
  return await supervisor.complete({ ...completeParams, ...change }, signal);
}

function model(): ModelFigures {
  const { state } = supervisor;
  assert.ok('model' in state, state.kind);
  return state.model;
}

async function until(holds: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds() && Date.now() < end) await sleep(10);
  assert.ok(holds(), JSON.stringify(logs));
}

const place = {
  prefix: 'def add(a, b):\n    return ',
  suffix: '\n\nprint(add(1, 2))\n',
  languageId: 'python',
};

test('a server with OpenAI’s completions answers, with what stands around the cursor', async () => {
  completeBy(`${server.url}/`);
  server.behaviour = says('a + b\n');
  const result = await complete(place);
  assert.equal(result?.text, 'a + b');
  assert.equal(result.decoder, 'server');
  assert.equal(result.confidence, null, 'nobody told how sure it is');
  const [asked] = server.completions;
  assert.deepEqual([asked?.body['prompt'], asked?.body['suffix']], [place.prefix.trimEnd(), place.suffix]);
  assert.deepEqual([model().server, model().insteadOfServer], [server.url, null]);
});

test('a space before the cursor is left to the server, and not said twice', async () => {
  completeBy(server.url);
  for (const said of [' a + b\n', 'a + b\n']) {
    server.behaviour = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(Array.from(said, (character) => choice(character)).join('') + choice('', 'stop'));
    };
    assert.equal((await complete(place))?.text, 'a + b');
  }
});

test('what a server says is trimmed as what a model of our own says', async () => {
  completeBy(server.url);
  server.behaviour = says('a + b\n\n\nprint(add(1, 2))\nprint(add(1, 2))\n');
  const result = await complete({ ...place, maxLines: 8 });
  assert.equal(result?.text, 'a + b');
});

test('`hotset serve` of another process answers as llama.cpp does', async () => {
  const other = await serve('--token', key);
  try {
    keys.set(new URL(other.url).origin, key);
    completeBy(other.url);
    const result = await complete(place);
    assert.ok(result !== null && result.text !== '', JSON.stringify(logs));
    assert.equal(result.decoder, 'server');
    assert.ok(result.promptTokens > 0);
    const again = await complete(place);
    assert.equal(again?.text, result.text);
    assert.match(model().name, /^hotset-code/);
  } finally {
    await other.stop();
  }
});

test('a document’s imports are told to a llama.cpp server', async () => {
  const other = await serve();
  try {
    completeBy(other.url);
    await complete(place);
    assert.ok(model().readsOtherFiles);
  } finally {
    await other.stop();
  }
});

test('a request that is cancelled hangs up', async () => {
  completeBy(server.url);
  server.behaviour = (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(choice('a'));
  };
  const control = new AbortController();
  const answer = complete(place, control.signal);
  await until(() => server.completions.length === 1);
  await sleep(50);
  control.abort();
  assert.equal(await answer, null);
  await until(() => server.hungUp === 1);
  server.behaviour = says('b');
  assert.equal((await complete(place))?.text, 'b');
});

test('a line that is all that is wanted hangs up too', async () => {
  completeBy(server.url);
  server.behaviour = (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(choice('a + b\n'));
    response.write(choice('\n'));
    response.write(choice('def more'));
  };
  const result = await complete({ ...place, maxLines: 1 });
  assert.equal(result?.text, 'a + b');
  await until(() => server.hungUp === 1);
});

const faults: Record<string, { behaviour: Behaviour; says: RegExp }> = {
  'an error': {
    behaviour: (response) => {
      sendJson(response, 500, { error: { message: 'CUDA error' } });
    },
    says: /status 500: CUDA error/,
  },
  'a refused key': {
    behaviour: (response) => {
      sendJson(response, 401, { error: { message: 'invalid api key' } });
    },
    says: /refuses the key \(401\)/,
  },
  'no JSON': {
    behaviour: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end('data: <html>\n\n');
    },
    says: /none that Hotset understands/,
  },
  'an answer of another kind': {
    behaviour: (response) => {
      sendJson(response, 200, { choices: [{ text: 'not streamed' }] });
    },
    says: /broke off/,
  },
  'a broken connection': {
    behaviour: async (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(choice('a +'));
      await sleep(50);
      response.destroy();
    },
    says: /hung up/,
  },
  'an answer that is cut off': {
    behaviour: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(choice('a +'));
    },
    says: /broke off/,
  },
  'an error in the middle': {
    behaviour: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(choice('a') + event({ error: { message: 'out of memory' } }));
    },
    says: /out of memory/,
  },
  'an answer without end': {
    behaviour: async (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const comment = `: ${'x'.repeat(100_000)}\n\n`;
      while (!response.destroyed) {
        response.write(comment);
        await sleep(1);
      }
    },
    says: /has no end/,
  },
  'another address': {
    behaviour: (response) => {
      response.writeHead(307, { Location: 'http://127.0.0.1:9/v1/completions' }).end();
    },
    says: /leads elsewhere \(307\)/,
  },
};

for (const [name, fault] of Object.entries(faults)) {
  test(`${name}: this machine completes instead, says why once, and keeps the key to itself`, async () => {
    keys.set(server.url, key);
    completeBy(server.url);
    server.behaviour = says('fine');
    assert.equal((await complete(place))?.text, 'fine');
    server.behaviour = fault.behaviour;
    const result = await complete(place);
    assert.equal(result?.decoder, 'hybrid', JSON.stringify(logs));
    await until(() => model().server === null);
    assert.match(model().insteadOfServer ?? '', fault.says);
    assert.ok(server.heard.every(({ authorization }) => authorization === `Bearer ${key}`));

    const asked = server.heard.length;
    await complete(place);
    assert.equal(server.heard.length, asked, 'it is left alone for a while');
    const warnings = logs.filter(({ level }) => level === 'warn');
    assert.equal(warnings.length, 1, JSON.stringify(warnings));
    assert.ok(!JSON.stringify([logs, supervisor.state]).includes(key));
  });
}

test('a server that is not there at all costs one message, and this machine completes', async () => {
  const { url } = server;
  await server.stop();
  completeBy(url);
  const result = await complete(place);
  assert.equal(result?.decoder, 'hybrid');
  assert.match(model().insteadOfServer ?? '', /nothing answers there/);
  server = await FaultyServer.start();
});

test('a server’s answer to what it is may be anything', async () => {
  server.status = 503;
  completeBy(server.url);
  await complete(place);
  assert.match(model().insteadOfServer ?? '', /status 503/);
});

test('an address that holds a key, or is none, is sent nothing', async () => {
  for (const written of [
    `http://name:${key}@127.0.0.1:${server.port}`,
    `${server.url}?key=${key}`,
    'file:///etc',
    'x',
  ]) {
    completeBy(written);
    await complete(place);
    assert.match(model().insteadOfServer ?? '', /hotset\.server\.url/);
    assert.ok(!JSON.stringify([logs, supervisor.state]).includes(key), written);
    await supervisor.dispose();
  }
  assert.deepEqual(server.heard, []);
});

test('a key is for its own server alone', async () => {
  keys.set('http://127.0.0.1:1', key);
  completeBy(server.url);
  await complete(place);
  assert.ok(
    server.heard.length > 0 && server.heard.every(({ authorization }) => authorization === undefined),
  );
});

test('a server that refuses suffixes is asked in the model’s own spelling', async () => {
  completeBy(server.url);
  server.behaviour = (response, body) => {
    if (body['suffix'] === undefined) says('a + b')(response, body);
    else sendJson(response, 400, { error: { message: 'suffix is not currently supported' } });
  };
  assert.equal((await complete(place))?.text, 'a + b');
  assert.equal((await complete(place))?.text, 'a + b');
  assert.equal(server.completions.length, 3, 'it is refused once');
  assert.match(String(server.completions.at(-1)?.body['prompt']), /^<\|fim_prefix\|>.*<\|fim_middle\|>/s);
});

test('what is attended to is not sent before anything is typed', async () => {
  completeBy(server.url);
  await complete(place);
  const asked = server.completions.length;
  supervisor.attend({ ...place, document: 'a' });
  await sleep(500);
  assert.equal(server.completions.length, asked);
});
