import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathHeader } from '../../../extension/engine/completion/prompt/path-header.ts';

test('a path is a line', () => {
  assert.equal(pathHeader('src/a.ts'), 'src/a.ts\n');
});

test('separators of Windows become those of everybody else', () => {
  assert.equal(pathHeader('src\\deep\\a.ts'), 'src/deep/a.ts\n');
});

test('of more than 120 characters the last remain, from a separator on', () => {
  const exact = 'x'.repeat(120);
  assert.equal(pathHeader(exact), `${exact}\n`);
  assert.equal(pathHeader(`${'d'.repeat(100)}/${'e'.repeat(100)}/a.ts`), `/${'e'.repeat(100)}/a.ts\n`);
  assert.equal(pathHeader(`aa${'y'.repeat(120)}`), `${'y'.repeat(120)}\n`);
});

test('a character of two UTF-16 units is never cut in half', () => {
  assert.equal(pathHeader('\u{1F600}'.repeat(121)), `${'\u{1F600}'.repeat(120)}\n`);
});

test('what is not one line of text is no path', () => {
  for (const path of ['', 'a\nb.ts', 'a\rb.ts']) assert.equal(pathHeader(path), '');
});
