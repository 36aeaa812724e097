/** Requests about one document are told from others, though nobody names it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownDocuments } from '../../../extension/serve/known-documents.ts';

function linesOf(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, line) => `${name}_${line} = compute(${name}, ${line * 7});\n`);
}

/** As llama.vim cuts a document: whole lines above and below the cursor's. */
function windowAt(lines: readonly string[], line: number, typed = '') {
  return {
    prefix: lines.slice(Math.max(0, line - 256), line).join('') + typed,
    suffix: '\n' + lines.slice(line, line + 64).join(''),
  };
}

test('typing on is the same document', () => {
  const documents = new KnownDocuments();
  const lines = linesOf('a', 40);
  const first = documents.recognise('vim', windowAt(lines, 20));
  const typed = documents.recognise('vim', windowAt(lines, 20, 'let'));
  assert.equal(typed.document, first.document);
  assert.equal(typed.prefix, windowAt(lines, 20, 'let').prefix);
});

test('a window that moved down keeps what stood above it', () => {
  const documents = new KnownDocuments();
  const lines = linesOf('a', 400);
  const first = documents.recognise('vim', windowAt(lines, 256));
  const moved = documents.recognise('vim', windowAt(lines, 260, 'let'));
  assert.equal(moved.document, first.document);
  assert.equal(moved.prefix, lines.slice(0, 260).join('') + 'let');
  const further = documents.recognise('vim', windowAt(lines, 300));
  assert.equal(further.prefix, lines.slice(0, 300).join(''));
});

test('a window that moved up is the same document', () => {
  const documents = new KnownDocuments();
  const lines = linesOf('a', 600);
  const first = documents.recognise('vim', windowAt(lines, 500));
  const moved = documents.recognise('vim', windowAt(lines, 450));
  assert.equal(moved.document, first.document);
  assert.equal(moved.prefix, windowAt(lines, 450).prefix);
});

test('other texts and other clients are other documents', () => {
  const documents = new KnownDocuments();
  const one = documents.recognise('vim', windowAt(linesOf('a', 100), 50));
  const other = documents.recognise('vim', windowAt(linesOf('b', 100), 50));
  const elsewhere = documents.recognise('code', windowAt(linesOf('a', 100), 50));
  assert.equal(new Set([one.document, other.document, elsewhere.document]).size, 3);
  const back = documents.recognise('vim', windowAt(linesOf('a', 100), 51));
  assert.equal(back.document, one.document);
});

test('files that begin alike are told apart by the rest', () => {
  const licence = '// Copyright of somebody, who lets everybody use it.\n'.repeat(8);
  const documents = new KnownDocuments();
  const one = documents.recognise('vim', { prefix: licence + linesOf('a', 60).join(''), suffix: '\n' });
  const other = documents.recognise('vim', { prefix: licence + linesOf('b', 60).join(''), suffix: '\n' });
  assert.notEqual(one.document, other.document);
});

test('empty texts are a document too', () => {
  const documents = new KnownDocuments();
  const first = documents.recognise('vim', { prefix: '', suffix: '' });
  assert.equal(documents.recognise('vim', { prefix: '', suffix: '' }).document, first.document);
});

test('what is put back in front does not grow without end', () => {
  const documents = new KnownDocuments();
  const lines = linesOf('a', 12_000);
  for (let line = 256; line < lines.length; line += 200) {
    const { prefix } = documents.recognise('vim', windowAt(lines, line));
    assert.ok(prefix.length <= 200_000, `${prefix.length} characters`);
    assert.ok(lines.slice(0, line).join('').endsWith(prefix));
  }
});
