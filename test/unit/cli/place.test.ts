import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parsePlace, pathSeenFrom, readAround } from '../../../extension/cli/place.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-place-'));
after(() => {
  rmSync(folder, { recursive: true });
});

function file(content: string | Uint8Array): string {
  const path = join(folder, 'file.txt');
  writeFileSync(path, content);
  return path;
}

test('file, line and column; a file name may hold colons', () => {
  assert.deepEqual(parsePlace('C:\\a.py:3:7'), { file: 'C:\\a.py', line: 3, column: 7 });
  for (const wrong of ['a.py', 'a.py:1', 'a.py:x:1', ':1:1']) {
    assert.throws(() => parsePlace(wrong), /FILE:LINE:COLUMN/, wrong);
  }
});

test('the text on both sides, line ends untouched', () => {
  const path = file('one\r\ntwo\r\n');
  assert.deepEqual(readAround({ file: path, line: 2, column: 2 }), { prefix: 'one\r\nt', suffix: 'wo\r\n' });
  assert.deepEqual(readAround({ file: path, line: 3, column: 1 }), { prefix: 'one\r\ntwo\r\n', suffix: '' });
});

test('the column counts UTF-16 units', () => {
  assert.equal(readAround({ file: file('a🚀b'), line: 1, column: 4 }).prefix, 'a🚀');
  assert.throws(() => readAround({ file: file('a🚀b'), line: 1, column: 3 }), /inside a character/);
});

test('the column behind the last character is the line end, further ones are outside', () => {
  const path = file('ab\r\n');
  assert.equal(readAround({ file: path, line: 1, column: 3 }).prefix, 'ab');
  assert.throws(() => readAround({ file: path, line: 1, column: 4 }), /columns 1 to 3: column 4 is outside/);
  assert.throws(() => readAround({ file: path, line: 1, column: 0 }), /column 0 is outside/);
  assert.throws(() => readAround({ file: path, line: 9, column: 1 }), /has 2 lines: line 9 is outside/);
});

test('no file, a directory and bytes that are not UTF-8 are named', () => {
  const at = (path: string) => () => readAround({ file: path, line: 1, column: 1 });
  assert.throws(at(join(folder, 'none')), /none: no such file/);
  assert.throws(at(folder), /is a directory/);
  assert.throws(at(file(Uint8Array.of(0x66, 0xff, 0xfe))), /not UTF-8/);
});

test('an empty file has one place', () => {
  assert.deepEqual(readAround({ file: file(''), line: 1, column: 1 }), { prefix: '', suffix: '' });
});

test('a file is named as seen from the current folder, and by its name alone outside of it', () => {
  assert.equal(pathSeenFrom(folder, join(folder, 'src', 'a.ts')), join('src', 'a.ts'));
  assert.equal(pathSeenFrom(folder, join('src', '..', 'b.ts')), 'b.ts');
  assert.equal(pathSeenFrom(folder, join(folder, '..', 'c.ts')), 'c.ts');
  assert.equal(pathSeenFrom(folder, join(folder, '..d.ts')), '..d.ts');
});
