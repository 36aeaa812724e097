import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TypedDocument } from '../../../../../extension/engine/evaluation/typing/typed-document.ts';

/** The one edit is what stands between ⟨ and ⟩. */
function documentOf(marked: string): TypedDocument {
  const start = marked.indexOf('⟨');
  const end = marked.indexOf('⟩') - 1;
  const document = new TypedDocument(marked.replace(/[⟨⟩]/g, ''), [{ start, end }]);
  document.goTo(0);
  return document;
}

function type(document: TypedDocument, text: string): number[] {
  return text.split('').map((character) => document.type(character));
}

test('brackets and quotes that the line closes bring their closers, which are typed over', () => {
  const document = documentOf('a\n⟨f(g[0], "x")⟩\nb\n');
  assert.equal(document.text, 'a\n\nb\n');
  assert.deepEqual(type(document, 'f(g['), [0, 1, 0, 1]);
  assert.deepEqual([document.prefix, document.suffix], ['a\nf(g[', '])\nb\n']);
  assert.deepEqual(type(document, '0], "x"'), [0, -1, 0, 0, 1, 0, -1]);
  assert.deepEqual([document.prefix, document.suffix], ['a\nf(g[0], "x"', ')\nb\n']);
  assert.deepEqual(type(document, ')'), [-1]);
  assert.equal(document.rest, '');
  assert.equal(document.text, 'a\nf(g[0], "x")\nb\n');
});

test('brackets that the line leaves open, and apostrophes, bring nothing', () => {
  const document = documentOf("⟨if (don't) {\n  x⟩\n");
  assert.deepEqual(type(document, 'if ('), [0, 0, 0, 1]);
  assert.deepEqual(type(document, "don't) {"), [0, 0, 0, 0, 0, -1, 0, 0]);
  assert.equal(document.suffix, '\n');
});

test('right is what the file says next, closers typed over as the suggestion says', () => {
  const document = documentOf('⟨f(a, b);\ng();⟩\n');
  type(document, 'f(');
  assert.ok(document.isRight({ text: 'a, b', overlap: 0 }));
  assert.ok(document.isRight({ text: 'a, b);', overlap: 1 }));
  assert.ok(!document.isRight({ text: 'a, b);', overlap: 0 }), 'leaves a closer behind');
  assert.ok(!document.isRight({ text: 'a, b', overlap: 1 }), 'takes the closer away');
  assert.ok(!document.isRight({ text: 'a, c', overlap: 0 }));
  document.accept({ text: 'a, b);', overlap: 1 });
  assert.equal(document.text, 'f(a, b);\n');
});

test('a first line is right where it makes the line as the file has it', () => {
  const document = documentOf('⟨f(a, b)\ng();⟩\n');
  type(document, 'f(');
  assert.ok(document.isFirstLineRight({ text: 'a, b', overlap: 0 }));
  assert.ok(document.isFirstLineRight({ text: 'a, b)\nh();', overlap: 1 }));
  assert.ok(!document.isFirstLineRight({ text: 'a', overlap: 0 }));
  document.accept({ text: 'a, b)', overlap: 1 });
  assert.ok(document.isFirstLineRight({ text: '\ng();', overlap: 0 }), 'the first one that is not blank');
  assert.ok(!document.isFirstLineRight({ text: '\ng', overlap: 0 }));
});

test('while a slip stands there nothing is right', () => {
  const document = documentOf('⟨value⟩\n');
  type(document, 'va');
  document.slip('k');
  assert.equal(document.prefix, 'vak');
  assert.ok(!document.isRight({ text: 'lue', overlap: 0 }));
  document.takeBack();
  assert.ok(document.isRight({ text: 'lue', overlap: 0 }));
});

test('other edits stand as far as they are written', () => {
  const document = new TypedDocument('one\ntwo\nthree\n', [
    { start: 0, end: 3 },
    { start: 8, end: 13 },
  ]);
  document.goTo(1);
  type(document, 'thr');
  assert.deepEqual([document.prefix, document.suffix], ['\ntwo\nthr', '\n']);
  document.goTo(0);
  type(document, 'one');
  assert.deepEqual([document.prefix, document.suffix], ['one', '\ntwo\nthr\n']);
  document.goTo(1);
  assert.equal(document.rest, 'ee');
});
