/** What the extension host relies on, with real engine processes: lazy start, crashes, hangs, changes of model. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineState } from '../../extension/host/engine/engine-state.ts';
import { EngineProcess } from '../../extension/host/engine/engine-process.ts';
import { EngineSupervisor } from '../../extension/host/engine/engine-supervisor.ts';
import type { LoadModelParams, LogParams } from '../../extension/protocol/requests.ts';
import { completeParams, engineScript, loadParams } from './engine-client.ts';
import { root } from './model.ts';

const storage = mkdtempSync(join(tmpdir(), 'hotset-supervisor-'));
let supervisor: EngineSupervisor;
let wanted: LoadModelParams;
let states: EngineState[];
let logs: LogParams[];

beforeEach(() => {
  wanted = loadParams;
  states = [];
  logs = [];
  supervisor = new EngineSupervisor({
    spawn: (events) => new EngineProcess(engineScript, storage, events),
    loadParams: () => wanted,
    log: (line) => logs.push(line),
  });
  supervisor.onState((state) => states.push(state));
});

afterEach(async () => {
  await supervisor.dispose();
});

after(() => {
  rmSync(storage, { recursive: true });
});

const never = () => new AbortController().signal;
const kinds = () => [...new Set(states.map(({ kind }) => kind))];

async function until(holds: () => boolean, milliseconds = 20_000): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!holds() && Date.now() < end) await sleep(10);
  assert.ok(holds(), `waited in vain; now ${supervisor.state.kind}: ${JSON.stringify(logs)}`);
}

/** A completion is computed. What the model says there, if anything, is its own affair. */
async function assertAnswers(): Promise<void> {
  const result = await supervisor.complete(completeParams, never());
  assert.ok(result !== null && result.promptTokens > 0);
}

/** Has the engine stand still, so that it answers nothing, however fast it is. */
function stopEngine(): void {
  const { pid } = supervisor;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGSTOP');
}

/** Kills the engine and waits until that was noticed. */
async function killEngine(): Promise<void> {
  const { pid } = supervisor;
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
  await until(() => supervisor.pid !== pid);
}

test('nothing runs before the first completion; then it starts, loads and is ready', async () => {
  assert.equal(supervisor.pid, undefined);
  await assertAnswers();
  assert.deepEqual(kinds(), ['starting', 'loading', 'ready', 'busy']);
  assert.equal(supervisor.state.kind, 'ready');
});

test('text is handed on as it is generated; each completion gets its own', async () => {
  const parts: string[] = [];
  const result = await supervisor.complete({ ...completeParams, maxTokens: 8 }, never(), (text) => {
    parts.push(text);
  });
  assert.ok(result !== null && result.tokens > 0);
  assert.ok(parts.length > 0);
  assert.ok(parts.join('').startsWith(result.text), `${parts.join('')} does not begin with ${result.text}`);
  const { length } = parts;
  await assertAnswers();
  assert.equal(parts.length, length);
});

test('attending to a place starts the engine and disturbs no completion', async () => {
  const { prefix, suffix } = completeParams;
  supervisor.attend({ prefix, suffix });
  await until(() => supervisor.state.kind === 'ready');
  const answer = assertAnswers();
  supervisor.attend({ prefix, suffix });
  await answer;
  assert.equal(supervisor.state.kind, 'ready');
});

test('requests that come during the start share one engine', async () => {
  const results = await Promise.all([1, 2, 3].map(() => supervisor.complete(completeParams, never())));
  assert.notEqual(results.at(-1), null);
  assert.equal(states.filter(({ kind }) => kind === 'starting').length, 1);
});

test('killed, it comes back by itself: one completion is lost, nothing fails', async () => {
  await supervisor.complete(completeParams, never());
  stopEngine();
  const lost = supervisor.complete(completeParams, never());
  await killEngine();
  assert.equal(await lost, null);
  await assertAnswers();
  assert.ok(!kinds().includes('failed'));
});

test('killed a sixth time it stays away and says so once, until a person restarts it', async () => {
  for (let kill = 0; kill < 6; kill++) {
    await supervisor.complete(completeParams, never());
    await until(() => supervisor.state.kind === 'ready');
    await killEngine();
  }
  await until(() => supervisor.state.kind === 'failed');
  assert.equal(await supervisor.complete(completeParams, never()), null);
  const failures = states.filter((state) => state.kind === 'failed');
  assert.equal(failures.length, 1);
  assert.match(failures[0]?.reason ?? '', /killed from outside, as the system does when memory runs out/);

  await supervisor.restart();
  await assertAnswers();
});

test('a cancelled completion waits for no engine; one that does not react is ended and replaced', async () => {
  await supervisor.complete(completeParams, never());
  const { pid } = supervisor;
  stopEngine();
  const controller = new AbortController();
  const running = supervisor.complete(completeParams, controller.signal);
  await sleep(20);
  controller.abort();
  assert.equal(await running, null);
  assert.equal(supervisor.pid, pid, 'the completion waited for the engine to be replaced');
  await until(() => supervisor.state.kind === 'ready' && supervisor.pid !== pid);
  assert.ok(logs.some(({ message }) => message.includes('does not answer')));
});

test('a model that can not be loaded is a failure that names it; a good one mends it', async () => {
  wanted = { ...loadParams, path: '/nowhere/none.gguf' };
  assert.equal(await supervisor.complete(completeParams, never()), null);
  const { state } = supervisor;
  assert.ok(state.kind === 'failed' && state.cause === 'model');
  assert.match(state.reason, /none\.gguf/);

  wanted = loadParams;
  await supervisor.reload();
  await assertAnswers();
});

test('trying a bad model keeps the good one; trying a good one takes it', async () => {
  await supervisor.complete(completeParams, never());
  const { pid } = supervisor;
  await assert.rejects(supervisor.tryModel({ ...loadParams, path: '/nowhere/none.gguf' }), /none\.gguf/);
  assert.equal(supervisor.state.kind, 'ready');
  await assertAnswers();

  wanted = { ...loadParams, mode: 'dense' };
  const { mode } = await supervisor.tryModel(wanted);
  assert.equal(mode, 'dense');
  await supervisor.reload();
  assert.equal(supervisor.pid, pid, 'what is loaded already was loaded again');
});

test('switched off the engine ends; switched on it starts with the next completion', async () => {
  await supervisor.complete(completeParams, never());
  await supervisor.setEnabled(false);
  assert.equal(supervisor.pid, undefined);
  assert.equal(await supervisor.complete(completeParams, never()), null);
  await supervisor.setEnabled(true);
  assert.equal(supervisor.state.kind, 'stopped');
  await assertAnswers();
});

test('restarts asked for at once are one restart', async () => {
  await supervisor.complete(completeParams, never());
  states.length = 0;
  await Promise.all([supervisor.restart(), supervisor.restart(), supervisor.restart()]);
  assert.equal(states.filter(({ kind }) => kind === 'starting').length, 1);
  assert.equal(supervisor.state.kind, 'ready');
});

test('a missing engine is a failure, not a loop', async () => {
  const missing = new EngineSupervisor({
    spawn: (events) => new EngineProcess('/nowhere/engine.cjs', storage, events),
    loadParams: () => wanted,
    log: () => undefined,
  });
  assert.equal(await missing.complete(completeParams, never()), null);
  await until(() => missing.state.kind === 'failed', 30_000);
  await missing.dispose();
});

test('a profile is made by the running engine, which then loads the model again with it', async () => {
  const corpus = { corpus: [join(root, 'extension', 'host')], tokens: 600, minutes: 5 };
  const steps: string[] = [];
  const result = await supervisor.profile(corpus, never(), ({ step }) => steps.push(step));
  assert.ok(result !== null && result.tokens >= 600);
  assert.ok(steps.length > 0);
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.profileCorpus, 'host (TypeScript)');
  assert.equal(await supervisor.profile(corpus, AbortSignal.abort(), () => undefined), null);
  assert.equal(supervisor.state.kind, 'ready');
});
