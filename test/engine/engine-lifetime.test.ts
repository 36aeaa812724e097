/** When the engine process ends: asked to, and when whoever started it is gone. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { EngineClient, engineScript, loadParams, longCode } from './engine-client.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until it is, for as long as even a busy machine needs. */
async function isGone(pid: number): Promise<boolean> {
  const end = Date.now() + 30_000;
  while (isAlive(pid) && Date.now() < end) await sleep(20);
  return !isAlive(pid);
}

test('shutdown ends the process cleanly', async () => {
  const engine = await EngineClient.withModel();
  await engine.complete();
  await engine.shutdown();
  assert.equal(await engine.exited, 0);
});

test('shutdown ends the process in the middle of a computation', async () => {
  const engine = await EngineClient.withModel();
  const running = engine.complete({ prefix: longCode(300), maxTokens: 512, maxLines: 0 });
  running.catch(() => undefined);
  await engine.shutdown();
  assert.equal(await engine.exited, 0);
});

test('a closed channel ends the process', async () => {
  const engine = await EngineClient.withModel();
  engine.child.disconnect();
  assert.ok(await isGone(engine.child.pid ?? 0));
});

/** Starts an engine, has it compute a long prefill again and again, and says its process id. */
const parentProgram = `
  const { fork } = require('node:child_process');
  const engine = fork(${JSON.stringify(engineScript)}, [], { execArgv: [] });
  const send = (id, method, params) => engine.send({ jsonrpc: '2.0', id, method, params });
  engine.on('message', (message) => {
    if (message.id === 1) {
      send(2, 'hotset/complete', JSON.parse(process.env.REQUEST));
      setTimeout(() => console.log(engine.pid), 100);
    }
  });
  send(1, 'hotset/loadModel', JSON.parse(process.env.MODEL));
`;

test('a parent that is killed takes the process along, even in the middle of a prefill', async () => {
  const request = {
    prefix: longCode(400),
    suffix: '',
    maxTokens: 1000,
    maxLines: 0,
    maxMilliseconds: 0,
    temperature: 1,
    seed: 1,
  };
  const parent = spawn(process.execPath, ['-e', parentProgram], {
    env: { ...process.env, REQUEST: JSON.stringify(request), MODEL: JSON.stringify(loadParams) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(chunk.toString().trim());
  assert.ok(isAlive(pid));
  parent.kill('SIGKILL');
  assert.ok(await isGone(pid), 'the engine outlives its parent');
});

test('started without a channel, it says how it is started', async () => {
  const process_ = spawn(process.execPath, [engineScript], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  process_.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [code] = (await once(process_, 'exit')) as [number];
  assert.equal(code, 2);
  assert.match(errors, /^hotset engine: [^\n]+\n$/);
});
