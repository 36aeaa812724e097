import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeWhole } from '../../../extension/models/write-whole.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-whole-'));

after(() => {
  rmSync(folder, { recursive: true });
});

test('a file is written, and written again, in a folder that is made for it', () => {
  const path = join(folder, 'new', 'file.json');
  writeWhole(path, 'one');
  writeWhole(path, 'another');
  assert.equal(readFileSync(path, 'utf8'), 'another');
  assert.deepEqual(readdirSync(join(folder, 'new')), ['file.json']);
});

test('what can not be written leaves nothing behind', () => {
  const path = join(folder, 'taken');
  // A folder of that name is nothing that a file could replace.
  mkdirSync(join(path, 'inside'), { recursive: true });
  assert.throws(() => {
    writeWhole(path, 'text');
  });
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('taken')),
    ['taken'],
  );
});
