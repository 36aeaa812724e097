/** Keystrokes against expectations counted by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noKeystrokes, typePassage } from '../../../../extension/engine/evaluation/keystrokes.ts';

/** Suggestions by the text left of the cursor; elsewhere none. */
async function typed(text: string, script: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const count = noKeystrokes();
  const ask = (prefix: string) => {
    asked.push(prefix);
    return Promise.resolve(script[prefix] ?? '');
  };
  await typePassage({ prefix: '>', text, suffix: '\n' }, ask, count);
  return { asked, ...count };
}

test('without suggestions every character takes a keystroke, a line end with its indentation one', async () => {
  const { characters, keystrokes, wordKeystrokes, requests, shown } = await typed('a:\n    b\n\n', {});
  // a : ⏎ b ⏎ ⏎
  assert.deepEqual([characters, keystrokes, wordKeystrokes, requests, shown], [6, 6, 6, 6, 0]);
});

test('a suggestion that is right as a whole takes one keystroke', async () => {
  const result = await typed('return width', { '>r': 'eturn wid', '>return wid': 'th' });
  // r ⇥ ⇥
  assert.deepEqual(result.asked, ['>', '>r', '>return wid']);
  assert.equal(result.characters, 12);
  assert.equal(result.keystrokes, 3);
  assert.equal(result.wordKeystrokes, 3);
  assert.equal(result.accepted, 2);
});

test('one that says more than comes next is typed over, and stands meanwhile', async () => {
  const result = await typed('foo.bar()', { '>': 'foo.baz()' });
  // f o o . b a r, asked again behind the r; ( )
  assert.deepEqual(result.asked, ['>', '>foo.bar', '>foo.bar(']);
  assert.equal(result.keystrokes, 9);
  // foo with one, . with one, b a r ( )
  assert.equal(result.wordKeystrokes, 7);
  assert.deepEqual([result.shown, result.accepted], [1, 0]);
});

test('right words at the start are accepted over line ends; one that only begins right is typed', async () => {
  const result = await typed('a\n  self.x', { '>': 'a\n  self.y = 2' });
  assert.equal(result.characters, 8);
  // a, ⏎self, . with one each; x
  assert.equal(result.wordKeystrokes, 4);
  assert.equal(result.keystrokes, 8);
  assert.deepEqual(result.asked, ['>']);
});

test('a suggestion longer than the passage is wrong', async () => {
  const result = await typed('ab', { '>': 'abc' });
  assert.deepEqual([result.keystrokes, result.accepted, result.requests], [2, 0, 1]);
});

test('where nothing is shown, every keystroke asks again', async () => {
  const result = await typed('abcd', { '>ab': 'cd' });
  assert.deepEqual(result.asked, ['>', '>a', '>ab']);
  assert.deepEqual([result.keystrokes, result.requests, result.shown, result.accepted], [3, 3, 1, 1]);
});

test('characters outside the basic plane take one keystroke', async () => {
  assert.equal((await typed('a😀b', {})).characters, 3);
});
