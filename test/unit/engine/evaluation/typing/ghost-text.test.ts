import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GhostText } from '../../../../../extension/engine/evaluation/typing/ghost-text.ts';

function says(text: string, overlap = 0) {
  return { text, overlap };
}

test('it stands while what it says is typed, and its end is no flicker', () => {
  const ghost = new GhostText();
  assert.ok(ghost.answer(says('abc')));
  ghost.type('a', 0);
  assert.deepEqual(ghost.visible, says('bc'));
  assert.ok(!ghost.answer(says('bc')), 'the same is nothing new');
  assert.ok(!ghost.answer(says('bcd')), 'nor is more of it');
  ghost.type('bcd', 0);
  assert.equal(ghost.visible, null);
  assert.ok(ghost.answer(says('x')));
  assert.equal(ghost.flickers, 0);
});

test('one that says something else than is typed goes without a flicker', () => {
  const ghost = new GhostText();
  ghost.answer(says('abc'));
  ghost.type('x', 0);
  assert.equal(ghost.visible, null);
  assert.ok(ghost.answer(says('abc')));
  assert.equal(ghost.flickers, 0);
});

test('one that goes while it fits, and comes back, flickers', () => {
  const ghost = new GhostText();
  ghost.answer(says('abc'));
  ghost.type('a', 0);
  ghost.answer(null);
  assert.equal(ghost.flickers, 0, 'it may have been better to take it away');
  ghost.type('b', 0);
  assert.ok(ghost.answer(says('c')));
  assert.equal(ghost.flickers, 1);
});

test('one that goes while it fits is forgotten once something else is typed', () => {
  const ghost = new GhostText();
  ghost.answer(says('abc'));
  ghost.answer(null);
  ghost.type('x', 0);
  ghost.answer(says('abc'));
  assert.equal(ghost.flickers, 0);
});

test('one that takes the place of another flickers, also where it only says less', () => {
  const ghost = new GhostText();
  ghost.answer(says('abc'));
  assert.ok(ghost.answer(says('xyz')));
  assert.ok(ghost.answer(says('xy')));
  assert.equal(ghost.flickers, 2);
});

test('closers that come and go change what it replaces', () => {
  const ghost = new GhostText();
  ghost.answer(says('(a);'));
  ghost.type('(', 1);
  assert.deepEqual(ghost.visible, says('a);', 1));
  ghost.type('a', 0);
  ghost.type(')', -1);
  assert.deepEqual(ghost.visible, says(';', 0));
});
