import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editsOf, stretchesOf } from '../../../../../extension/engine/evaluation/typing/edits.ts';
import { Random } from '../../../../../extension/engine/evaluation/random.ts';
import { source as text } from './source.ts';

test('edits are whole lines without the first indentation, apart from each other, in order', () => {
  const edits = editsOf(text, 8, new Random('a'));
  assert.equal(edits.length, 8);
  let last = -Infinity;
  for (const { start, end } of edits) {
    assert.ok(start >= last + 120);
    last = end;
    assert.match(text.slice(text.lastIndexOf('\n', start - 1) + 1, start), /^[ \t]*$/);
    assert.match(text.slice(start, end), /^\S[^]{10,}\S$/);
    assert.equal(text[end], '\n');
  }
});

test('the same seed gives the same edits, another one others', () => {
  assert.deepEqual(editsOf(text, 5, new Random('a')), editsOf(text, 5, new Random('a')));
  assert.notDeepEqual(editsOf(text, 5, new Random('a')), editsOf(text, 5, new Random('b')));
});

test('a file that is too short has fewer, or none', () => {
  assert.ok(editsOf(text.slice(0, 600), 50, new Random('a')).length < 6);
  assert.deepEqual(editsOf('x\n', 3, new Random('a')), []);
});

test('every edit is finished, halves in their order, and not all in the order of the file', () => {
  const edits = editsOf(text, 12, new Random('a'));
  const stretches = stretchesOf(text, edits, new Random('b'));
  for (const [index, { start, end }] of edits.entries()) {
    const parts = stretches.filter(({ edit }) => edit === index).map(({ until }) => until);
    assert.ok(parts.length === 1 || parts.length === 2);
    assert.equal(parts.at(-1), end - start);
    assert.ok(parts.length === 1 || (parts[0] ?? NaN) < end - start);
    if (parts.length === 2) assert.equal(text[start + (parts[0] ?? NaN)], '\n');
  }
  const order = stretches.map(({ edit }) => edit);
  assert.notDeepEqual(
    order,
    order.toSorted((left, right) => left - right),
  );
  assert.ok(stretches.length > edits.length, 'some are left and come back to');
});
