import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutToBudget } from '../../../extension/engine/completion/prompt/prompt-budget.ts';

/** Three characters are a token, as in code; a line feed alone is one too. */
const count = (text: string) => Math.ceil(text.length / 3);

const lines = (howMany: number, from = 0) =>
  Array.from(
    { length: howMany },
    (_, index) => `    value_${index + from} = compute(${index + from})\n`,
  ).join('');

function tokens({ prefix, suffix }: { prefix: string; suffix: string }): number {
  return count(prefix) + count(suffix);
}

test('a short document is taken whole', () => {
  const window = cutToBudget('def f():\n    ', '\n\nprint(f())\n', 100, count);
  assert.deepEqual(window, { prefix: 'def f():\n    ', suffix: '\n\nprint(f())\n' });
});

test('a long document is cut to the budget, three parts prefix to one part suffix', () => {
  const window = cutToBudget(lines(500), lines(500, 500), 400, count);
  assert.ok(tokens(window) <= 400, `${tokens(window)} tokens`);
  assert.ok(count(window.prefix) > 200 && count(window.prefix) <= 300, `prefix ${count(window.prefix)}`);
  assert.ok(count(window.suffix) > 80, `suffix ${count(window.suffix)}`);
});

test('what one side leaves over goes to the other', () => {
  assert.ok(count(cutToBudget(lines(500), '', 400, count).prefix) > 340);
  assert.ok(count(cutToBudget('', lines(500), 400, count).suffix) > 340);
  const little = cutToBudget(lines(500), '\nend\n', 400, count);
  assert.equal(little.suffix, '\nend\n');
  assert.ok(count(little.prefix) > 340);
});

test('cuts are at line ends and line starts', () => {
  const before = lines(500);
  const { prefix, suffix } = cutToBudget(before, lines(500, 500), 400, count);
  assert.ok(before.endsWith('\n' + prefix));
  assert.ok(suffix.endsWith('\n'));
});

test('while typing, the window keeps its start and its suffix', () => {
  const before = lines(500);
  const after = '\n' + lines(500, 500);
  const typed = '    for item in self.items:\n        total += item.price\n';
  let moves = 0;
  let suffixes = 0;
  let last = cutToBudget(before, after, 400, count);
  for (let length = 1; length <= typed.length; length++) {
    const next = cutToBudget(before + typed.slice(0, length), after, 400, count);
    if (!next.prefix.startsWith(last.prefix)) moves++;
    if (next.suffix !== last.suffix) suffixes++;
    assert.ok(tokens(next) <= 400);
    last = next;
  }
  assert.ok(moves <= 2, `the start moved ${moves} times in ${typed.length} keystrokes`);
  assert.ok(suffixes <= 2, `the suffix changed ${suffixes} times`);
});

test('a document that just begins to exceed the budget keeps its suffix while typing', () => {
  const after = lines(40, 500);
  const suffixes = new Set<string>();
  for (let length = 0; length < 300; length += 1) {
    suffixes.add(cutToBudget(lines(18) + 'x'.repeat(length), after, 400, count).suffix);
  }
  assert.ok(suffixes.size <= 4, `${suffixes.size} different suffixes in 300 keystrokes`);
});

test('one very long line is cut inside, never between the halves of a character', () => {
  const emoji = '👩‍🚀🚀'.repeat(3_000);
  const { prefix, suffix } = cutToBudget(emoji, emoji, 300, count);
  for (const text of [prefix, suffix]) {
    assert.ok(text.length > 0);
    assert.ok(text.isWellFormed(), 'half a surrogate pair');
  }
  assert.ok(tokens({ prefix, suffix }) <= 300);
});

test('a megabyte around the cursor is not looked at', () => {
  let seen = 0;
  const watched = (text: string) => {
    seen += text.length;
    return count(text);
  };
  cutToBudget(lines(30_000), lines(30_000), 400, watched);
  assert.ok(seen < 20_000, `${seen} characters were tokenised`);
});

test('a budget of nothing is a window of nothing', () => {
  assert.deepEqual(cutToBudget('abc', 'def', 0, count), { prefix: '', suffix: '' });
});
