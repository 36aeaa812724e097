import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';
import type { EngineState } from '../../../extension/host/engine/engine-state.ts';
import type { EngineSupervisor } from '../../../extension/host/engine/engine-supervisor.ts';
import { installFakeVscode, shownWarnings } from './fake-vscode.ts';
import { model } from './model.ts';

installFakeVscode();
const { notifyOfWarnings } = await import('../../../extension/host/views/warning-notification.ts');

const noInfilling = 'has no infilling tokens: choose another model';

/** What VS Code remembers from one window to the next. */
class Memory {
  readonly #values = new Map<string, unknown>();

  get<Value>(key: string, otherwise: Value): Value {
    return (this.#values.get(key) as Value | undefined) ?? otherwise;
  }

  update(key: string, value: unknown): Promise<void> {
    this.#values.set(key, value);
    return Promise.resolve();
  }
}

let memory: Memory;

/** A window in which models are loaded one after the other, each of which then answers. */
function window(...models: { path: string; warnings: string[] }[]): void {
  let tell: (state: EngineState) => void = () => undefined;
  const supervisor = {
    onState: (listener: typeof tell) => {
      tell = listener;
      return { dispose: () => undefined };
    },
  };
  notifyOfWarnings(supervisor as unknown as EngineSupervisor, memory as unknown as vscode.Memento);
  for (const figures of models) {
    for (const kind of ['ready', 'busy', 'ready'] as const) tell({ kind, model: { ...model, ...figures } });
  }
}

beforeEach(() => {
  memory = new Memory();
  shownWarnings.length = 0;
});

test('what is wrong with a model file is said once, whatever is loaded how often', () => {
  const faulty = { path: '/models/m.gguf', warnings: [noInfilling] };
  window(faulty, { path: '/models/good.gguf', warnings: [] }, faulty);
  window(faulty);
  assert.deepEqual(shownWarnings, [`Hotset: m.gguf ${noInfilling}.`]);
});

test('one message says all of it', () => {
  window({ path: '/models/m.gguf', warnings: ['lacks a; get it', 'lacks b'] });
  assert.deepEqual(shownWarnings, ['Hotset: m.gguf lacks a; get it. It lacks b.']);
});

test('another file, and another fault of the same one, is said too', () => {
  window({ path: '/a/m.gguf', warnings: ['lacks a'] }, { path: '/b/m.gguf', warnings: ['lacks a'] });
  window({ path: '/a/m.gguf', warnings: ['lacks b'] });
  assert.equal(shownWarnings.length, 3);
});
