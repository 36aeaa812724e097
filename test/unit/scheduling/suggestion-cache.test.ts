import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuggestionCache } from '../../../extension/scheduling/suggestion-cache.ts';
import { accepted, placeAt, suggestionOf } from './places.ts';

/** @param text `|` stands for the cursor */
function cacheWith(text: string, suggestion: string, overlap = 0): SuggestionCache {
  const cache = new SuggestionCache();
  cache.add(placeAt(text), suggestionOf(suggestion, overlap));
  return cache;
}

test('the same place again is served', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  assert.deepEqual(cache.find(placeAt('a = |\n')), suggestionOf('foo(b)'));
});

test('typing what the suggestion says leaves the rest of it', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  assert.equal(cache.find(placeAt('a = f|\n'))?.text, 'oo(b)');
  assert.equal(cache.find(placeAt('a = foo(|\n'))?.text, 'b)');
});

test('deleting it again brings it back', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  cache.find(placeAt('a = foo|\n'));
  assert.equal(cache.find(placeAt('a = fo|\n'))?.text, 'o(b)');
});

test('coming back after something else was suggested elsewhere is served', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  cache.add(placeAt('a = x|\n'), suggestionOf('yz'));
  assert.equal(cache.find(placeAt('a = x|\n'))?.text, 'yz');
  assert.equal(cache.find(placeAt('a = |\n'))?.text, 'foo(b)');
});

test('what was said of a part of the document counts until something newer is known', () => {
  const cache = new SuggestionCache();
  cache.add(placeAt('a = |\n'), { ...suggestionOf('foo(b)'), isProvisional: true });
  assert.equal(cache.find(placeAt('a = f|\n'))?.text, 'oo(b)');
  // What follows it is asked for while it is shown.
  cache.add(placeAt('a = foo(b)|\n'), suggestionOf('.c'));
  assert.equal(cache.find(placeAt('a = f|\n'))?.text, 'oo(b)');
  cache.add(placeAt('a = x|\n'), suggestionOf('yz'));
  assert.equal(cache.find(placeAt('a = |\n')), null);
});

test('words of it accepted one by one keep the rest', () => {
  const cache = cacheWith('a = f(|)\n', 'one, two)', 1);
  assert.deepEqual(cache.find(placeAt('a = f(one|)\n')), suggestionOf(', two)', 1));
  assert.deepEqual(cache.find(placeAt('a = f(one, two|)\n')), suggestionOf(')', 1));
});

test('typing anything else, or all of it, is no hit', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  assert.equal(cache.find(placeAt('a = g|\n')), null);
  assert.equal(cache.find(placeAt('a = foo(b)|\n')), null);
  assert.equal(cache.find(placeAt('a =|\n')), null);
});

test('of a suggestion only white space is left: no hit', () => {
  const cache = cacheWith('|b = 1\n', 'a = 1\n');
  assert.equal(cache.find(placeAt('a = |b = 1\n'))?.text, '1\n');
  assert.equal(cache.find(placeAt('a = 1|b = 1\n')), null);
});

test('another text in front of the cursor or behind it is no hit', () => {
  const cache = cacheWith('x = 1\na = |\n', 'foo(b)');
  assert.equal(cache.find(placeAt('x = 2\na = |\n')), null);
  assert.equal(cache.find(placeAt('x = 1\na = | + 1\n')), null);
  assert.equal(cache.find(placeAt('x = 1\na = f| + 1\n')), null);
});

test('the same text in another document, or in another language, is no hit', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  assert.equal(cache.find(placeAt('a = |\n', 'file:///workspace/b.py')), null);
  assert.equal(cache.find(placeAt('a = |\n', 'file:///workspace/a.py', 'ruby')), null);
});

interface Typed {
  readonly name: string;
  /** Where the suggestion is shown, and what it is. */
  readonly shown: string;
  readonly text: string;
  readonly overlap: number;
  /** What the editor made of a key. */
  readonly typed: string;
  readonly rest: string;
  readonly restOverlap: number;
  /** Once the rest is accepted. */
  readonly document: string;
}

const keptAtClosers: Typed[] = [
  {
    name: 'a bracket that the editor closes by itself',
    ...{ shown: 'a = |\n', text: 'foo(b)', overlap: 0 },
    ...{ typed: 'a = foo(|)\n', rest: 'b)', restOverlap: 1 },
    document: 'a = foo(b)\n',
  },
  {
    name: 'a quote that the editor closes by itself',
    ...{ shown: 'a = |\n', text: '"b"', overlap: 0 },
    ...{ typed: 'a = "|"\n', rest: 'b"', restOverlap: 1 },
    document: 'a = "b"\n',
  },
  {
    name: 'a bracket inside of one that was closed before',
    ...{ shown: 'f(|)\n', text: 'g(x), y)', overlap: 1 },
    ...{ typed: 'f(g(|))\n', rest: 'x), y)', restOverlap: 2 },
    document: 'f(g(x), y)\n',
  },
  {
    name: 'the closer typed over',
    ...{ shown: 'if f(|)\n', text: 'x):', overlap: 1 },
    ...{ typed: 'if f(x)|\n', rest: ':', restOverlap: 0 },
    document: 'if f(x):\n',
  },
  {
    name: 'one of two closers typed over',
    ...{ shown: 'f(g(|))\n', text: 'x), y)', overlap: 2 },
    ...{ typed: 'f(g(x)|)\n', rest: ', y)', restOverlap: 1 },
    document: 'f(g(x), y)\n',
  },
  {
    name: 'a closer that the suggestion leaves to the document',
    ...{ shown: 'a = |\n', text: 'foo(b', overlap: 0 },
    ...{ typed: 'a = foo(|)\n', rest: 'b', restOverlap: 0 },
    document: 'a = foo(b)\n',
  },
  {
    name: 'Enter between braces',
    ...{ shown: 'f() {|}\n', text: '\n  return 1;\n}', overlap: 1 },
    ...{ typed: 'f() {\n  |\n}\n', rest: 'return 1;', restOverlap: 0 },
    document: 'f() {\n  return 1;\n}\n',
  },
  {
    name: 'Enter between braces, whose end the suggestion does not say',
    ...{ shown: 'f() {|}\n', text: '\n  return 1;', overlap: 0 },
    ...{ typed: 'f() {\n  |\n}\n', rest: 'return 1;', restOverlap: 0 },
    document: 'f() {\n  return 1;\n}\n',
  },
  {
    name: 'Enter between a brace and a parenthesis',
    ...{ shown: 'f({|})\n', text: '\n  a,\n})', overlap: 2 },
    ...{ typed: 'f({\n  |\n})\n', rest: 'a,', restOverlap: 0 },
    document: 'f({\n  a,\n})\n',
  },
  {
    name: 'Enter behind a brace that was typed and closed',
    ...{ shown: 'f() |\n', text: '{\n  return 1;\n}', overlap: 0 },
    ...{ typed: 'f() {\n  |\n}\n', rest: 'return 1;', restOverlap: 0 },
    document: 'f() {\n  return 1;\n}\n',
  },
  {
    name: 'a bracket after Enter between braces',
    ...{ shown: 'f() {|}\n', text: '\n  return g(1);\n}', overlap: 1 },
    ...{ typed: 'f() {\n  return g(|)\n}\n', rest: '1);', restOverlap: 1 },
    document: 'f() {\n  return g(1);\n}\n',
  },
];

for (const { name, shown, text, overlap, typed, rest, restOverlap, document } of keptAtClosers) {
  test(`${name}: the rest is kept`, () => {
    const found = cacheWith(shown, text, overlap).find(placeAt(typed));
    assert.deepEqual(found, suggestionOf(rest, restOverlap));
    assert.equal(accepted(placeAt(typed), found), document);
  });
}

const lostAtClosers = [
  {
    name: 'a closer that was typed and not typed over',
    ...{ shown: 'if f(|)\n', text: 'x):\n  y', overlap: 1, typed: 'if f(x)|)\n' },
  },
  {
    name: 'a block behind a bracket that stays on its line',
    ...{ shown: 'f() |\n', text: '{\n  return 1;', overlap: 0, typed: 'f() {|}\n' },
  },
  {
    name: 'another text behind the cursor than closers',
    ...{ shown: 'a = |\n', text: 'foo(b)', overlap: 0, typed: 'a = foo(|b)\n' },
  },
  {
    name: 'more typed over than the suggestion says again',
    ...{ shown: 'f(|))\n', text: 'x)', overlap: 0, typed: 'f(x|)\n' },
  },
  {
    name: 'Enter where the suggestion goes on in its line',
    ...{ shown: 'f() {|}\n', text: ' return 1; }', overlap: 1, typed: 'f() {\n  |\n}\n' },
  },
];

for (const { name, shown, text, overlap, typed } of lostAtClosers) {
  test(`${name}: no hit`, () => {
    assert.equal(cacheWith(shown, text, overlap).find(placeAt(typed)), null);
  });
}

test('that nothing is worth showing is remembered, for that place alone', () => {
  const cache = cacheWith('a = |\n', '');
  assert.deepEqual(cache.find(placeAt('a = |\n')), suggestionOf(''));
  assert.equal(cache.find(placeAt('a = b|\n')), null);
});

test('what was not offered is known for its own place, not for what is typed there', () => {
  const cache = new SuggestionCache();
  cache.add(placeAt('a = |\n'), { ...suggestionOf('foo(b)'), isOffered: false });
  assert.equal(cache.find(placeAt('a = |\n'))?.isOffered, false);
  assert.equal(cache.find(placeAt('a = f|\n')), null);
});

test('what is offered counts more than what was not', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  cache.add(placeAt('a = f|\n'), suggestionOf(''));
  assert.equal(cache.find(placeAt('a = f|\n'))?.text, 'oo(b)');
});

test('what is shown stays while its beginning is typed, whatever else is known', () => {
  const cache = new SuggestionCache();
  cache.add(placeAt('a = |\n'), suggestionOf('foo(b)'));
  cache.add(placeAt('a = f|\n'), suggestionOf('ix()'));
  assert.equal(cache.find(placeAt('a = |\n'))?.text, 'foo(b)');
  assert.equal(cache.find(placeAt('a = f|\n'))?.text, 'oo(b)');
});

test('the oldest suggestions of a document are forgotten, those of other documents are not', () => {
  const cache = cacheWith('a = |\n', 'foo(b)');
  const other = placeAt('a = |\n', 'file:///workspace/b.py');
  cache.add(other, suggestionOf('x'));
  for (let index = 0; index < 200; index++) {
    cache.add(placeAt(`other ${index}|`), suggestionOf('y'));
  }
  assert.equal(cache.find(placeAt('a = |\n')), null);
  assert.equal(cache.find(other)?.text, 'x');
});

test('of long texts fewer are kept, and each is found', () => {
  const cache = new SuggestionCache();
  const before = 'value = compute(1)\n'.repeat(5_000);
  const places = Array.from({ length: 20 }, (_, index) => placeAt(`${before}${index} = |\n`));
  for (const place of places) cache.add(place, suggestionOf('f()'));
  assert.equal(cache.find(placeAt(`${before}0 = |\n`)), null);
  assert.equal(cache.find(placeAt(`${before}19 = |\n`))?.text, 'f()');
});

test('a look-up among hundreds of places does not compare all their texts', (context) => {
  const cache = new SuggestionCache();
  const before = 'x'.repeat(4_000);
  for (let index = 0; index < 200; index++) {
    cache.add(placeAt(`${before}${String(index).padStart(3)} = |\n`), suggestionOf('f()'));
  }
  const comparisons = [
    context.mock.method(String.prototype, 'startsWith'),
    context.mock.method(String.prototype, 'endsWith'),
  ];
  assert.equal(cache.find(placeAt(`${before} no = |\n`)), null);
  const lengths = comparisons.flatMap(({ mock }) => mock.calls.map(({ arguments: [text] }) => text.length));
  assert.ok(lengths.length >= 200);
  assert.ok(Math.max(...lengths) < 100, `${Math.max(...lengths)} units of a text were compared`);
});

test('after another model was loaded nothing is left', () => {
  const cache = cacheWith('a|', 'b');
  cache.clear();
  assert.equal(cache.find(placeAt('a|')), null);
});
