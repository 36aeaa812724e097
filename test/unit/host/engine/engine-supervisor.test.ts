/** Races of the engine's life, each as it came up, with processes that do what the test says when it says so. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { EngineState } from '../../../../extension/host/engine/engine-state.ts';
import { EngineSupervisor } from '../../../../extension/host/engine/engine-supervisor.ts';
import type { LoadModelParams } from '../../../../extension/protocol/requests.ts';
import { completeParams, FakeClock, FakeMachine, paramsOf, settlePromises } from './fake-engine.ts';

let machine: FakeMachine;
let clock: FakeClock;
let settings: LoadModelParams;
let states: EngineState[];
let supervisor: EngineSupervisor;

beforeEach(() => {
  machine = new FakeMachine();
  clock = new FakeClock();
  settings = paramsOf('a');
  states = [];
  supervisor = new EngineSupervisor({
    spawn: (events) => machine.spawn(events),
    loadParams: () => settings,
    log: () => undefined,
    clock,
  });
  supervisor.onState((state) => states.push(state));
});

const never = () => new AbortController().signal;
const state = () => supervisor.state.kind;
const kinds = () => states.map(({ kind }) => kind);

/** Runs a model: asked for by a completion, which is answered. */
async function start(): Promise<void> {
  const answer = supervisor.complete(completeParams, never());
  await load();
  machine.engine.answer();
  assert.notEqual(await answer, null);
  states.length = 0;
}

async function load(): Promise<void> {
  await settlePromises();
  machine.engine.finishLoad();
  await settlePromises();
}

/** Ends the process that was told to. */
async function leave(): Promise<void> {
  assert.ok(machine.engine.isLeaving, 'nobody told it to end');
  machine.engine.exit('it was told to');
  await settlePromises();
}

async function crash(): Promise<void> {
  machine.engine.exit('it crashed');
  await settlePromises();
}

async function changeSettings(params: LoadModelParams): Promise<void> {
  settings = params;
  void supervisor.reload();
  await settlePromises();
}

test('switched off while it loads: the load does not bring it back', async () => {
  const answer = supervisor.complete(completeParams, never());
  await settlePromises();
  void supervisor.setEnabled(false);
  machine.engine.finishLoad();
  await settlePromises();
  assert.equal(supervisor.state.kind, 'disabled');
  await leave();
  assert.equal(await answer, null);
  assert.deepEqual(machine.alive, []);
  assert.ok(!kinds().includes('ready'));
});

test('switched off and on again before the old process has gone: the next completion gets a new one', async () => {
  await start();
  const off = supervisor.setEnabled(false);
  void supervisor.setEnabled(true);
  const answer = supervisor.complete(completeParams, never());
  await settlePromises();
  assert.equal(machine.engines.length, 1, 'started beside the one that ends');
  await leave();
  await load();
  await off;
  machine.engine.answer();
  assert.equal((await answer)?.text, '2:a');
});

test('the model changes while a reload runs: the newest one is loaded', async () => {
  await start();
  await changeSettings(paramsOf('b'));
  await changeSettings(paramsOf('c'));
  await leave();
  await changeSettings(paramsOf('d'));
  await leave();
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'd');
});

/** Python has a model of its own, which may be none. */
function withLanguages(python: string): EngineSupervisor {
  return new EngineSupervisor({
    spawn: (events) => machine.spawn(events),
    loadParams: (place) => (place?.languageId === 'python' ? paramsOf(python) : settings),
    idleMs: () => 60_000,
    log: () => undefined,
    clock,
  });
}

const inFile = (languageId: string) => ({ ...completeParams, document: `file:${languageId}`, languageId });

test('each language is answered by its own model, in one process', async () => {
  supervisor = withLanguages('p');
  for (const [languageId, text] of [
    ['python', '1:p'],
    ['typescript', '1:a'],
    ['python', '1:p'],
  ] as const) {
    const answer = supervisor.complete(inFile(languageId), never());
    await load();
    machine.engine.answer();
    assert.equal((await answer)?.text, text);
    assert.ok(supervisor.state.kind === 'ready' && `1:${supervisor.state.model.path}` === text);
  }
});

test('whoever is elsewhere when the model comes gets an answer by the model for there', async () => {
  supervisor = withLanguages('p');
  const left = supervisor.complete(inFile('python'), never());
  await settlePromises();
  supervisor.attend(inFile('typescript'));
  await settlePromises();
  await leave();
  await load();
  assert.equal(await left, null);
  assert.equal(machine.engine.loaded?.path, 'a');
  assert.equal(machine.engine.completions, 0);
});

test('a model that can not be had is tried once, and leaves the others alone', async () => {
  supervisor = withLanguages('bad');
  const states: string[] = [];
  await startIn('typescript');
  supervisor.onState(({ kind }) => states.push(kind));
  for (let turn = 0; turn < 2; turn++) {
    const none = supervisor.complete(inFile('python'), never());
    await settlePromises();
    if (machine.engine.isLoading) await load();
    assert.equal(await none, null);
    assert.equal(state(), 'failed');
    const answer = supervisor.complete(inFile('typescript'), never());
    await settlePromises();
    machine.engine.answer();
    assert.equal((await answer)?.text, '1:a');
  }
  assert.equal(states.filter((kind) => kind === 'loading').length, 1);
  await changeSettings(paramsOf('b'));
  await load();
  const again = supervisor.complete(inFile('python'), never());
  await settlePromises();
  assert.ok(machine.engine.isLoading, 'a person changed something: it is tried again');
  await load();
  assert.equal(await again, null);
});

async function startIn(languageId: string): Promise<void> {
  const answer = supervisor.complete(inFile(languageId), never());
  await load();
  machine.engine.answer();
  assert.notEqual(await answer, null);
}

test('an engine that nobody asks for long rests, and is back for whoever asks next', async () => {
  supervisor = withLanguages('p');
  await startIn('python');
  clock.advance(59_000);
  supervisor.attend(inFile('python'));
  await settlePromises();
  clock.advance(59_000);
  assert.equal(state(), 'ready', 'somebody looked there meanwhile');
  clock.advance(1_000);
  assert.equal(state(), 'resting');
  await leave();
  assert.deepEqual(machine.alive, []);
  assert.equal(state(), 'resting');

  const answer = supervisor.complete(inFile('python'), never());
  await load();
  machine.engine.answer();
  assert.equal((await answer)?.text, '2:p');
});

test('an engine at work does not rest', async () => {
  supervisor = withLanguages('p');
  await startIn('python');
  const answer = supervisor.complete(inFile('python'), never());
  await settlePromises();
  clock.advance(60_000);
  assert.equal(state(), 'busy');
  machine.engine.answer();
  assert.notEqual(await answer, null);
  const profiled = supervisor.profile({ corpus: [], tokens: 1, minutes: 1 }, never(), () => undefined);
  await settlePromises();
  clock.advance(60_000);
  assert.equal(state(), 'ready');
  machine.engine.finishProfile();
  await load();
  assert.notEqual(await profiled, null);
  clock.advance(60_000);
  assert.equal(state(), 'resting');
});

test('another model is loaded into the process that runs', async () => {
  await start();
  await changeSettings(paramsOf('b'));
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'b');
  assert.equal(machine.engines.length, 1);
});

test('the model changes and changes back: what is loaded stays', async () => {
  await start();
  settings = paramsOf('a');
  await supervisor.reload();
  assert.deepEqual(states, []);
  assert.equal(machine.engines.length, 1);
});

test('restarted, then switched off: nothing runs', async () => {
  await start();
  const restarted = supervisor.restart();
  const off = supervisor.setEnabled(false);
  await leave();
  await Promise.all([restarted, off]);
  assert.equal(supervisor.state.kind, 'disabled');
  assert.deepEqual(machine.alive, []);
});

test('restarted while the process starts: a younger one answers', async () => {
  const answer = supervisor.complete(completeParams, never());
  await settlePromises();
  void supervisor.restart();
  await leave();
  await load();
  machine.engine.answer();
  assert.equal((await answer)?.text, '2:a');
});

test('switched off during the pause after a crash: nothing is started, no timer is left', async () => {
  await start();
  await crash();
  assert.equal(supervisor.state.kind, 'starting');
  await supervisor.setEnabled(false);
  assert.equal(clock.timers, 0);
  clock.advance(10_000);
  assert.deepEqual(machine.alive, []);
});

test('a change of model during the pause after a crash starts it at once', async () => {
  await start();
  await crash();
  await changeSettings(paramsOf('b'));
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'b');
  assert.equal(clock.timers, 0);
});

test('what a model says after another one was asked for is not shown', async () => {
  await start();
  const parts: string[] = [];
  const answer = supervisor.complete(completeParams, never(), (text) => parts.push(text));
  await settlePromises();
  void changeSettings(paramsOf('b'));
  machine.engine.answer();
  assert.equal(await answer, null);
  assert.deepEqual(parts, []);
});

test('while a model is tried, the one that is there goes on answering; if it is bad, nothing has happened', async () => {
  await start();
  const tried = supervisor.tryModel(paramsOf('bad'));
  const rejected = assert.rejects(tried, /bad is no model/);
  const answer = supervisor.complete(completeParams, never());
  await settlePromises();
  machine.engine.answer();
  assert.equal((await answer)?.text, '1:a');
  await load();
  await rejected;
  assert.deepEqual(kinds(), ['loading', 'ready']);
  assert.equal(machine.engines.length, 1);
});

test('settings that change while a model is tried count for more than the trial', async () => {
  await start();
  const tried = supervisor.tryModel(paramsOf('b'));
  await changeSettings(paramsOf('c'));
  await load();
  await tried;
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'c');
});

test('a model that was tried after the settings changed counts for more than they', async () => {
  await start();
  await changeSettings(paramsOf('c'));
  const tried = supervisor.tryModel(paramsOf('b'));
  await load();
  await load();
  await tried;
  await crash();
  clock.advance(10_000);
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'b');
});

test('a model is tried where the settings name none that loads', async () => {
  settings = paramsOf('bad');
  const answer = supervisor.complete(completeParams, never());
  await load();
  assert.equal(supervisor.state.kind, 'failed');
  await leave();
  assert.equal(await answer, null);

  const worse = supervisor.tryModel(paramsOf('bad too'));
  const rejected = assert.rejects(worse, /bad too is no model/);
  await load();
  await rejected;
  await leave();
  assert.equal(supervisor.state.kind, 'failed');

  const good = supervisor.tryModel(paramsOf('b'));
  await load();
  assert.equal((await good).path, 'b');
  assert.equal(supervisor.state.kind, 'ready');
});

test('a model is not tried while completions are off, nor goes a trial on when they are switched off', async () => {
  await start();
  const tried = assert.rejects(supervisor.tryModel(paramsOf('b')), /the engine ended|switched off/);
  const waiting = assert.rejects(supervisor.tryModel(paramsOf('c')), /switched off/);
  const off = supervisor.setEnabled(false);
  await leave();
  await Promise.all([tried, waiting, off]);
  await assert.rejects(supervisor.tryModel(paramsOf('b')), /switched off/);
  assert.deepEqual(machine.alive, []);
});

test('a process that dies while a model is tried is started again with the old one', async () => {
  await start();
  const tried = assert.rejects(supervisor.tryModel(paramsOf('b')), /ended while it loaded/);
  await settlePromises();
  await crash();
  await tried;
  clock.advance(10_000);
  await load();
  assert.ok(supervisor.state.kind === 'ready');
  assert.equal(supervisor.state.model.path, 'a');
});

test('a process that can not be started is a crash like any other', async () => {
  const failing = new EngineSupervisor({
    spawn: () => {
      throw new Error('out of memory');
    },
    loadParams: () => settings,
    log: () => undefined,
    clock,
  });
  const answer = failing.complete(completeParams, never());
  await settlePromises();
  clock.advance(60_000);
  assert.equal(await answer, null);
  assert.ok(failing.state.kind === 'failed' && failing.state.cause === 'engine');
  assert.match(failing.state.reason, /out of memory/);
});

test('a cancelled completion that is not answered ends the engine after five seconds', async () => {
  await start();
  machine.engine.isHung = true;
  const controller = new AbortController();
  const answer = supervisor.complete(completeParams, controller.signal);
  await settlePromises();
  controller.abort();
  assert.equal(await answer, null);
  clock.advance(4_999);
  assert.ok(!machine.engine.isLeaving);
  clock.advance(1);
  await leave();
  assert.equal(supervisor.state.kind, 'starting');
});

test('an engine that answers hears that nobody is there any more; none is started for it', async () => {
  supervisor.leave();
  await settlePromises();
  assert.equal(machine.engines.length, 0);
  supervisor.attend({ prefix: 'x', suffix: '' });
  await load();
  supervisor.leave();
  assert.deepEqual(machine.engine.heard, ['attend', 'leave']);
});

test('attending to a place starts the engine, which hears of the newest one once it has a model', async () => {
  const [passed, place] = ['x', 'xy'].map((prefix) => ({ prefix, suffix: '' }));
  assert.ok(passed !== undefined && place !== undefined);
  supervisor.attend(passed);
  await settlePromises();
  assert.equal(supervisor.state.kind, 'loading');
  supervisor.attend(place);
  await load();
  assert.deepEqual(machine.engine.attended, [place]);
});

test('what the editor knows of other files starts nothing, and each engine hears it once, before all else', async () => {
  const others = { folder: '/workspace', document: 'file:a', unsaved: [], open: [], found: [] };
  supervisor.tell({ ...others, document: 'file:b' });
  supervisor.tell(others);
  await settlePromises();
  assert.deepEqual(machine.alive, []);
  supervisor.attend({ prefix: 'x', suffix: '' });
  await settlePromises();
  await load();
  const first = machine.engine;
  supervisor.attend({ prefix: 'xy', suffix: '' });
  await settlePromises();
  assert.deepEqual(first.told, [others]);

  const more = { ...others, document: 'file:c' };
  supervisor.tell(more);
  assert.deepEqual(first.told, [others, more]);

  void supervisor.restart();
  await leave();
  await load();
  supervisor.attend({ prefix: 'x', suffix: '' });
  await settlePromises();
  assert.notEqual(machine.engine, first);
  assert.deepEqual(machine.engine.told, [more]);
});

test('who goes elsewhere while the engine starts is where they went, not where they had asked before', async () => {
  const place = { prefix: 'elsewhere', suffix: '' };
  void supervisor.complete(completeParams, never());
  await settlePromises();
  supervisor.attend(place);
  supervisor.tell({ folder: '/workspace', document: 'file:a', unsaved: [], open: [], found: [] });
  await load();
  const { attended, heard } = machine.engine;
  assert.deepEqual([heard[0], heard.at(-1)], ['tell', 'attend']);
  assert.ok(heard.includes('complete'));
  assert.deepEqual(attended.at(-1), place);
});

test('attending to a place starts nothing while completions are switched off', async () => {
  await supervisor.setEnabled(false);
  supervisor.attend({ prefix: 'x', suffix: '' });
  await settlePromises();
  assert.deepEqual(machine.alive, []);
});

test('a profile is read by loading the model again, in the same process', async () => {
  await start();
  const corpus = { corpus: ['folder'], tokens: 1, minutes: 1 };
  const profiled = supervisor.profile(corpus, never(), () => undefined);
  await settlePromises();
  machine.engine.finishProfile();
  await load();
  assert.notEqual(await profiled, null);
  assert.deepEqual(kinds(), ['loading', 'ready']);
  assert.equal(machine.engines.length, 1);
});

test('a profile whose engine was switched off says so', async () => {
  await start();
  const profiled = supervisor.profile({ corpus: [], tokens: 1, minutes: 1 }, never(), () => undefined);
  await settlePromises();
  const off = supervisor.setEnabled(false);
  const rejected = assert.rejects(profiled, /the engine ended meanwhile/);
  await leave();
  await Promise.all([rejected, off]);
});

test('what a listener asks for while it is told is done too', async () => {
  const off = new Promise<void>((resolve) => {
    supervisor.onState(({ kind }) => {
      if (kind === 'loading') void supervisor.setEnabled(false).then(resolve);
    });
  });
  void supervisor.complete(completeParams, never());
  await settlePromises();
  await leave();
  await off;
  assert.equal(supervisor.state.kind, 'disabled');
  assert.deepEqual(machine.alive, []);
});

test('a model that turns out to be none while it answers ends with its reason, until something else is wanted', async () => {
  await start();
  const answer = supervisor.complete(completeParams, never());
  const other = supervisor.complete(completeParams, never());
  await settlePromises();
  machine.engine.refuse('its answers are no numbers');
  assert.deepEqual([await answer, await other], [null, null]);
  await leave();
  assert.deepEqual(supervisor.state, {
    kind: 'failed',
    reason: 'its answers are no numbers',
    cause: 'model',
  });
  assert.equal(kinds().filter((kind) => kind === 'failed').length, 1);
  assert.equal(await supervisor.complete(completeParams, never()), null);
  assert.deepEqual(machine.alive, []);

  void supervisor.restart();
  await load();
  assert.equal(supervisor.state.kind, 'ready');
});

test('a model that answers no more makes way for one that is tried', async () => {
  await start();
  const trial = supervisor.tryModel(paramsOf('b'));
  const answer = supervisor.complete(completeParams, never());
  await settlePromises();
  machine.engine.refuse('its answers are no numbers');
  assert.equal(await answer, null);
  await load();
  assert.equal((await trial).path, 'b');
  assert.equal(supervisor.state.kind, 'ready');
});
