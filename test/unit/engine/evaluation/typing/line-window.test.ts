import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  infillingPrompt,
  lineWindow,
} from '../../../../../extension/engine/evaluation/typing/policies/line-window.ts';

test('so many lines above and below, the cursor’s own cut in two', () => {
  const window = lineWindow('a\nb\nc\n  d', 'e\nf\ng\nh', 2, 1);
  assert.deepEqual(window, { above: 'b\nc\n', left: '  d', right: 'e', below: '\nf' });
});

test('a short document is whole', () => {
  assert.deepEqual(lineWindow('', '', 2, 1), { above: '', left: '', right: '', below: '' });
  assert.deepEqual(lineWindow('a\n', '\n', 9, 9), { above: 'a\n', left: '', right: '', below: '\n' });
});

test('prompts are in the order that the model was trained for', () => {
  const prompt = (order: 'psm' | 'spm') => {
    const fim = { prefix: 90, suffix: 91, middle: 92, order, path: false };
    return [...infillingPrompt({ fim, beginningOfSequence: 99 }, [7], [1, 2], [3])];
  };
  assert.deepEqual(prompt('psm'), [99, 7, 90, 1, 2, 91, 3, 92]);
  assert.deepEqual(prompt('spm'), [99, 7, 90, 91, 3, 92, 1, 2]);
  assert.deepEqual([...infillingPrompt({ fim: null, beginningOfSequence: null }, [], [1], [3])], [1]);
});
