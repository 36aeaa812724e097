import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as vscode from 'vscode';
import type { Place } from '../../../extension/scheduling/place.ts';
import { cursorIn, installFakeVscode, Position, window } from './fake-vscode.ts';

installFakeVscode();
const { followAttention } = await import('../../../extension/host/completion/attention.ts');

/** Keeps what it is told; like the scheduler, it reads the place later. */
class Scheduler {
  readonly attended: (() => Place | null)[] = [];

  attend(read: () => Place | null): void {
    this.attended.push(read);
  }
}

function open(text: string, languageId = 'python', anchor?: Position): void {
  const { document, position } = cursorIn(text, languageId);
  const [start, end] = [anchor ?? position, position];
  const selection = { start, end, active: position, isEmpty: anchor === undefined };
  window.activeTextEditor = { document, selection } as unknown as vscode.TextEditor;
}

const settings = {
  isEnabled: true,
  isLanguageEnabled: (languageId: string) => languageId !== 'markdown',
  readsImports: false,
};

test('the place is attended to at the start, on another editor, and where the cursor goes', () => {
  const scheduler = new Scheduler();
  open('a|\nb\n');
  const following = followAttention(scheduler, settings);
  assert.equal(scheduler.attended.length, 1);
  window.switched.fire(window.activeTextEditor);
  assert.equal(scheduler.attended.length, 2);
  window.moved.fire({ textEditor: window.activeTextEditor });
  assert.equal(scheduler.attended.length, 3);
  following.dispose();
  window.moved.fire({ textEditor: window.activeTextEditor });
  assert.equal(scheduler.attended.length, 3);
});

test('what counts is where the cursor stands when the place is read', () => {
  const scheduler = new Scheduler();
  open('a|\nb\n');
  followAttention(scheduler, settings).dispose();
  open('a\nb|\n');
  const place = scheduler.attended[0]?.();
  assert.equal(place?.prefix, 'a\nb');
  assert.equal(place.suffix, '\n');
  assert.equal(place.languageId, 'python');
});

test('an editor that is not the active one counts for nothing', () => {
  const scheduler = new Scheduler();
  open('a|\n');
  const following = followAttention(scheduler, settings);
  window.moved.fire({ textEditor: {} });
  following.dispose();
  assert.equal(scheduler.attended.length, 1);
});

const unattended = [
  { name: 'no editor', prepare: () => (window.activeTextEditor = undefined) },
  {
    name: 'a language that is switched off',
    prepare: () => {
      open('a|\n', 'markdown');
    },
  },
  {
    name: 'a selection',
    prepare: () => {
      open('a|\n', 'python', new Position(0, 0));
    },
  },
];

for (const { name, prepare } of unattended) {
  test(`${name}: there is nothing to attend to`, () => {
    const scheduler = new Scheduler();
    prepare();
    followAttention(scheduler, settings).dispose();
    assert.equal(scheduler.attended[0]?.(), null);
  });
}

test('while completions are switched off there is nothing to attend to', () => {
  const scheduler = new Scheduler();
  open('a|\n');
  followAttention(scheduler, { ...settings, isEnabled: false }).dispose();
  assert.equal(scheduler.attended[0]?.(), null);
});
