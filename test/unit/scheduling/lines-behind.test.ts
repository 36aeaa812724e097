import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLinesBehind } from '../../../extension/scheduling/lines-behind.ts';
import { isSamePlace, type Place, type Suggestion } from '../../../extension/scheduling/place.ts';
import { placeAt, suggestionOf } from './places.ts';

/** What is joined at a place where `first` is suggested, when something is known at other places. */
function joined(text: string, first: Suggestion, known: Record<string, Suggestion>, maxLines = 8) {
  const find = (place: Place) =>
    Object.entries(known).find(([other]) => isSamePlace(placeAt(other), place))?.[1] ?? null;
  return withLinesBehind(placeAt(text), first, find, maxLines);
}

test('lines that are known to follow belong to the suggestion', () => {
  const known = {
    'def f():|\n': suggestionOf('\n    a = 1'),
    'def f():\n    a = 1|\n': suggestionOf('\n    return a'),
  };
  assert.deepEqual(
    joined('def |\n', suggestionOf('f():'), known),
    suggestionOf('f():\n    a = 1\n    return a'),
  );
});

test('what they replace is replaced', () => {
  const known = { 'f(a)|\n': suggestionOf('\nb') };
  assert.deepEqual(joined('f(|)\n', suggestionOf('a)', 1), known), suggestionOf('a)\nb', 1));
});

test('no more lines than the setting allows; the blank one that the cursor stands in front of does not count', () => {
  const known = { 'a\nb|': suggestionOf('\nc'), 'a\nb\nc|': suggestionOf('\nd') };
  assert.equal(joined('a|', suggestionOf('\nb'), known, 2).text, '\nb\nc');
  assert.equal(joined('a|', suggestionOf('\nb'), known, 1).text, '\nb');
  assert.equal(joined('a|', suggestionOf('\nb'), known, 0).text, '\nb\nc\nd');
});

for (const [name, next] of [
  ['what goes on in the same line', suggestionOf(' + 1')],
  ['a line that leaves the block', suggestionOf('\ndef g():')],
  ['lines behind a blank one', suggestionOf('\n\n    b = 1')],
  ['what is not offered', { ...suggestionOf('\n    b = 1'), isOffered: false }],
] as const) {
  test(`${name} is no part of it`, () => {
    const known = { 'def f():\n    a = 1|\n': next };
    assert.equal(joined('def f():\n    a = |\n', suggestionOf('1'), known).text, '1');
  });
}
