/**
 * Thousands of random lives of an engine: a person switches, chooses, restarts and types while processes start, load,
 * fail, hang and die. Beside the supervisor runs a model of it, which knows only what was said last; whenever nothing is
 * under way any more, the two must agree.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EngineSupervisor } from '../../../../extension/host/engine/engine-supervisor.ts';
import type { LoadModelParams } from '../../../../extension/protocol/requests.ts';
import { randomNumbers } from '../../../random.ts';
import { Expected } from './expected-engine.ts';
import { completeParams, FakeClock, FakeMachine, paramsOf, settlePromises } from './fake-engine.ts';

const lives = 3_000;
const longestLife = 40;
const languages = ['python', 'typescript'];
const models = ['a', 'b', 'c', 'bad'].flatMap((path) => [paramsOf(path, 0), paramsOf(path, 1)]);

/** What is named twice happens twice as often. */
const personsActions = [
  ...(['off', 'on', 'on', 'change', 'change', 'restart', 'try', 'choose'] as const),
  ...(['complete', 'complete', 'complete', 'abort', 'attend', 'attend', 'rest'] as const),
];
const machinesActions = [
  ...(['load', 'load', 'load', 'progress', 'answer', 'leave', 'leave', 'crash', 'hang', 'wait'] as const),
];
const actions = [...personsActions, ...machinesActions];
type PersonsAction = (typeof personsActions)[number];
type MachinesAction = (typeof machinesActions)[number];

function isOfPerson(name: PersonsAction | MachinesAction): name is PersonsAction {
  return (personsActions as readonly string[]).includes(name);
}

class Life {
  readonly #random: () => number;
  readonly #machine = new FakeMachine();
  readonly #clock = new FakeClock();
  readonly #supervisor: EngineSupervisor;
  readonly #expected: Expected;
  readonly #controllers = new Set<AbortController>();
  readonly #history: string[] = [];
  readonly #settings = new Map<string, LoadModelParams>();
  #pending = 0;
  #error: unknown = null;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    for (const language of languages) this.#settings.set(language, this.#pick(models));
    this.#expected = new Expected(this.#paramsFor(undefined));
    this.#supervisor = new EngineSupervisor({
      spawn: (events) => this.#machine.spawn(events),
      loadParams: (place) => this.#paramsFor(place?.languageId),
      log: () => undefined,
      clock: this.#clock,
    });
  }

  async run(): Promise<void> {
    try {
      const length = 1 + Math.floor(this.#random() * longestLife);
      for (let step = 0; step < length; step++) {
        this.#act();
        // Often several things happen before any promise settles.
        if (this.#random() < 0.7) await settlePromises();
        this.#checkAlways();
        if (this.#random() < 0.05) await this.#settle();
      }
      await this.#settle();
      await this.#dispose();
    } catch (error) {
      throw new Error(`after ${this.#history.join(', ')}`, { cause: error });
    }
  }

  #act(): void {
    const name = this.#pick(actions);
    this.#history.push(name);
    if (isOfPerson(name)) this.#actAsPerson(name);
    else this.#actAsMachine(name);
  }

  #actAsPerson(name: PersonsAction): void {
    switch (name) {
      case 'off':
      case 'on':
        this.#switch(name === 'on');
        break;
      case 'change':
        this.#change(this.#pick(models));
        break;
      case 'restart':
        this.#restart();
        break;
      case 'try':
      case 'choose':
        this.#try(name === 'choose');
        break;
      case 'complete':
        this.#complete();
        break;
      case 'abort':
        this.#abort();
        break;
      case 'attend': {
        const place = { ...completeParams, languageId: this.#pick(languages) };
        this.#expectAsked(place.languageId);
        this.#supervisor.attend(place);
        break;
      }
      case 'rest':
        if (this.#supervisor.state.kind === 'ready') this.#expected.isAsked = false;
        this.#supervisor.rest();
    }
  }

  #actAsMachine(name: MachinesAction): void {
    const [engine] = this.#machine.alive;
    if (name === 'wait') this.#clock.advance(this.#random() * 6_000);
    if (engine === undefined) return;
    if (name === 'load' && engine.isLoading) engine.finishLoad();
    if (name === 'progress') engine.progress(this.#random());
    if (name === 'answer' && !engine.isHung) engine.answer();
    if (name === 'leave' && engine.isLeaving) this.#exit();
    if (name === 'crash') this.#exit();
    if (name === 'hang') engine.isHung = true;
  }

  #switch(isOn: boolean): void {
    this.#track(this.#supervisor.setEnabled(isOn));
    if (this.#expected.isOn && !isOn) {
      this.#expected.isAsked = false;
      this.#expected.crashes = 0;
    }
    this.#expected.isOn = isOn;
  }

  /** Of the language that a person is in. */
  #paramsFor(language: string | undefined): LoadModelParams {
    const params = this.#settings.get(language ?? 'python');
    assert.ok(params !== undefined);
    return params;
  }

  #change(params: LoadModelParams): void {
    this.#settings.set(this.#pick(languages), params);
    this.#expected.say(this.#paramsFor(this.#expected.language), this.#expected.nextWord());
    this.#track(this.#supervisor.reload());
  }

  #restart(): void {
    if (this.#expected.isOn) {
      this.#expected.isAsked = true;
      this.#expected.say(this.#paramsFor(this.#expected.language), this.#expected.nextWord());
      this.#expected.crashes = 0;
    }
    this.#track(this.#supervisor.restart());
  }

  /** @param isChosen as when a person chooses a model: the settings follow */
  #try(isChosen: boolean): void {
    const params = this.#pick(models);
    const word = this.#expected.nextWord();
    const tried = this.#supervisor.tryModel(params).then(
      (model) => {
        assert.equal(model.path, params.path);
        this.#expected.adopt(params, word);
        if (isChosen) this.#change(params);
      },
      (error: unknown) => {
        assert.match(String(error), /is no model|ended while|switched off/);
      },
    );
    this.#track(tried);
  }

  /** Where none is asked for yet, an engine is asked for now; elsewhere perhaps another model. */
  #expectAsked(language: string): void {
    if (!this.#expected.isOn) return;
    const isElsewhere = language !== this.#expected.language;
    this.#expected.language = language;
    const params = this.#paramsFor(language);
    if (!this.#expected.isAsked) this.#expected.say(params, this.#expected.nextWord());
    else if (isElsewhere) this.#expected.turnTo(params, this.#expected.nextWord());
    this.#expected.isAsked = true;
  }

  #complete(): void {
    const place = { ...completeParams, languageId: this.#pick(languages) };
    this.#expectAsked(place.languageId);
    const controller = new AbortController();
    this.#controllers.add(controller);
    const answer = this.#supervisor.complete(place, controller.signal).then((result) => {
      this.#controllers.delete(controller);
      if (result === null) return;
      const { engine } = this.#machine;
      assert.ok(!engine.isLeaving, 'answered by a process that ends');
      assert.equal(result.text, `${engine.pid}:${String(engine.loaded?.path)}`);
      assert.ok(!controller.signal.aborted);
    });
    this.#track(answer);
  }

  #abort(): void {
    const [controller] = this.#controllers;
    controller?.abort();
  }

  #exit(): void {
    const { engine } = this.#machine;
    if (!engine.isLeaving || engine.isHung) this.#expected.crashes++;
    engine.exit('it crashed');
  }

  /** Whatever is under way. */
  #checkAlways(): void {
    assert.equal(this.#error, null);
    const { state } = this.#supervisor;
    const { alive } = this.#machine;
    assert.ok(alive.length <= 1);
    if (!this.#expected.isOn) {
      assert.equal(state.kind, 'disabled');
      assert.ok(
        alive.every(({ isLeaving }) => isLeaving),
        'it is off, and nobody told the engine to end',
      );
    }
    if (state.kind !== 'ready' && state.kind !== 'busy') return;
    assert.equal(this.#machine.engine.loaded?.path, state.model.path);
  }

  /** Lets everything under way come to its end, then asks whether it is the right one. */
  async #settle(): Promise<void> {
    this.#history.push('settle');
    for (let turn = 0; ; turn++) {
      assert.ok(turn < 1_000, 'it never comes to rest');
      await settlePromises();
      const [engine] = this.#machine.alive;
      if (engine?.isLeaving === true) this.#exit();
      else if (engine?.isLoading === true) engine.finishLoad();
      else if (engine !== undefined && engine.completions > 0 && !engine.isHung) engine.answer();
      else if (this.#controllers.size > 0) this.#abort();
      else if (this.#clock.timers > 0) this.#clock.advance(1_000);
      else break;
    }
    assert.equal(this.#pending, 0, 'somebody waits in vain');
    this.#checkSettled();
  }

  #checkSettled(): void {
    assert.equal(this.#error, null);
    const { state } = this.#supervisor;
    const { isOn, isAsked, params, crashes } = this.#expected;
    // A model that can't be had leaves the one alone that answers elsewhere.
    if (state.kind !== 'ready' && state.kind !== 'failed')
      assert.deepEqual(this.#machine.alive, [], 'a process runs for nobody');
    if (!isOn || !isAsked) {
      assert.match(state.kind, isOn ? /^(stopped|resting)$/ : /^disabled$/);
    } else if (state.kind === 'failed' && state.cause === 'engine') {
      assert.ok(crashes > 5, `gave up after ${crashes} crashes`);
    } else if (params.path === 'bad') {
      assert.ok(state.kind === 'failed', state.kind);
    } else {
      assert.equal(state.kind, 'ready');
      assert.deepEqual(this.#machine.engine.loaded, params, 'not what was asked for last');
    }
  }

  async #dispose(): Promise<void> {
    this.#history.push('dispose');
    this.#expected.isOn = false;
    this.#track(this.#supervisor.dispose());
    this.#track(this.#supervisor.setEnabled(true));
    this.#track(this.#supervisor.restart());
    this.#track(
      this.#supervisor.complete(completeParams, new AbortController().signal).then((result) => {
        assert.equal(result, null);
      }),
    );
    await this.#settle();
    assert.deepEqual(this.#machine.alive, []);
  }

  #track(promise: Promise<unknown>): void {
    this.#pending++;
    promise
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => {
        this.#pending--;
      });
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)];
    assert.ok(value !== undefined);
    return value;
  }
}

test(`${lives} random lives end with what was asked for last, or with nothing running`, async () => {
  for (let seed = 1; seed <= lives; seed++) {
    await new Life(seed).run().catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error });
    });
  }
});
