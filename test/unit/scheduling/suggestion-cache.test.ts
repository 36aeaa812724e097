import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuggestionCache } from '../../../extension/scheduling/suggestion-cache.ts';

function cacheWith(prefix: string, suffix: string, text: string, overlap = 0): SuggestionCache {
  const cache = new SuggestionCache();
  cache.add(prefix, suffix, { text, overlap, isOffered: text !== '', confidence: null });
  return cache;
}

test('the same place again is served', () => {
  const cache = cacheWith('a = ', '\n', 'foo(b)');
  assert.deepEqual(cache.find('a = ', '\n'), {
    text: 'foo(b)',
    overlap: 0,
    isOffered: true,
    confidence: null,
  });
});

test('typing what the suggestion says leaves the rest of it', () => {
  const cache = cacheWith('a = ', '\n', 'foo(b)');
  assert.equal(cache.find('a = f', '\n')?.text, 'oo(b)');
  assert.equal(cache.find('a = foo(', '\n')?.text, 'b)');
});

test('deleting it again brings it back', () => {
  const cache = cacheWith('a = ', '\n', 'foo(b)');
  cache.find('a = foo', '\n');
  assert.equal(cache.find('a = fo', '\n')?.text, 'o(b)');
});

test('typing anything else, or all of it, is no hit', () => {
  const cache = cacheWith('a = ', '\n', 'foo(b)');
  assert.equal(cache.find('a = g', '\n'), null);
  assert.equal(cache.find('a = foo(b)', '\n'), null);
  assert.equal(cache.find('a =', '\n'), null);
});

test('another text behind the cursor is no hit', () => {
  assert.equal(cacheWith('a = ', '\n', 'foo(b)').find('a = ', ' + 1\n'), null);
});

test('a bracket the editor closed by itself is replaced by the one the suggestion says', () => {
  const cache = cacheWith('a = ', '\n', 'foo(b)');
  assert.deepEqual(cache.find('a = foo(', ')\n'), {
    text: 'b)',
    overlap: 1,
    isOffered: true,
    confidence: null,
  });
  assert.equal(cacheWith('a = ', '\n', 'foo(b').find('a = foo(', ')\n'), null);
});

test('that nothing is worth showing is remembered, for that place alone', () => {
  const cache = cacheWith('a = ', '\n', '');
  assert.deepEqual(cache.find('a = ', '\n'), { text: '', overlap: 0, isOffered: false, confidence: null });
  assert.equal(cache.find('a = b', '\n'), null);
});

test('what was not offered is known for its own place, not for what is typed there', () => {
  const cache = new SuggestionCache();
  cache.add('a = ', '\n', { text: 'foo(b)', overlap: 0, isOffered: false, confidence: null });
  assert.equal(cache.find('a = ', '\n')?.isOffered, false);
  assert.equal(cache.find('a = f', '\n'), null);
});

test('the newest of several suggestions counts, and the oldest are forgotten', () => {
  const cache = cacheWith('a', '', 'bcd');
  cache.add('ab', '', { text: 'x', overlap: 0, isOffered: true, confidence: null });
  assert.equal(cache.find('ab', '')?.text, 'x');
  for (let index = 0; index < 100; index++) {
    cache.add(`other ${index}`, '', { text: 'y', overlap: 0, isOffered: true, confidence: null });
  }
  assert.equal(cache.find('ab', ''), null);
});

test('after another model was loaded nothing is left', () => {
  const cache = cacheWith('a', '', 'b');
  cache.clear();
  assert.equal(cache.find('a', ''), null);
});
