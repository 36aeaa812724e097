/** Steps as VS Code's command takes them, by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rightSteps } from '../../../../../extension/engine/evaluation/typing/steps.ts';

test('a word, blanks, or signs with the blanks behind them at a time', () => {
  const line = ' = self.items(a, $b_1)\n    return x';
  assert.deepEqual(rightSteps(line, line), [
    ...[' ', '= ', 'self', '.', 'items', '(', 'a', ', ', '$b_1', ')\n    ', 'return', ' ', 'x'],
  ]);
});

test('up to the first step that is wrong', () => {
  assert.deepEqual(rightSteps('foo.baz()', 'foo.bar()'), ['foo', '.']);
  assert.deepEqual(rightSteps('x = 1', 'y = 1'), []);
});

test('half a word, or half its indentation, is no right step', () => {
  assert.deepEqual(rightSteps('self.item = 1', 'self.items = 1'), ['self', '.']);
  assert.deepEqual(rightSteps('a\n  b', 'a\n    b'), ['a']);
  assert.deepEqual(rightSteps('a.b', 'a'), ['a']);
});
