/** Records that a run goes on behind, and those that it must not touch. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { RecordFile } from '../../../../../extension/engine/evaluation/programs/record-file.ts';
import { record, settings } from './records.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-records-'));
let path = '';
let files = 0;

beforeEach(() => {
  path = join(folder, `${files++}.jsonl`);
});

after(() => {
  rmSync(folder, { recursive: true });
});

test('a record is a line as soon as it is added, with what the original evaluator reads', () => {
  const file = RecordFile.open(path, settings);
  file.add(record(0, true));
  file.add(record(1, false));
  const rows = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.deepEqual(
    rows.map((row) => {
      const { task_id: id, completion } = JSON.parse(row) as Record<string, unknown>;
      return [id, completion];
    }),
    [
      ['HumanEval/0', '    pass'],
      ['HumanEval/1', '    pass'],
    ],
  );
});

test('what is there is known again', () => {
  RecordFile.open(path, settings).add(record(0, true));
  const again = RecordFile.open(path, settings);
  assert.deepEqual(again.records, [record(0, true)]);
  assert.ok(again.has('HumanEval/0', 0));
  assert.ok(!again.has('HumanEval/0', 1) && !again.has('HumanEval/1', 0));
});

test('a last line that was cut off is taken away, wherever it was cut', () => {
  const whole = `${JSON.stringify(record(0, true))}\n`;
  const next = JSON.stringify(record(1, true));
  for (const length of [1, 5, 40, next.length]) {
    writeFileSync(path, whole + next.slice(0, length));
    const file = RecordFile.open(path, settings);
    assert.equal(file.records.length, 1);
    assert.equal(readFileSync(path, 'utf8'), whole);
  }
});

test('other settings are refused in words that name them', () => {
  RecordFile.open(path, settings).add(record(0, true));
  const other = { ...settings, maxTokens: 128 };
  assert.throws(
    () => RecordFile.open(path, other),
    /records with maxTokens 64, not 128: go on with the same options/,
  );
  assert.equal(RecordFile.open(path, settings).records.length, 1);
});

test('a file of something else is refused and stays as it is', () => {
  for (const text of ['notes\n', 'notes without an end', '{"task_id":"x"}\n', '[]\n']) {
    writeFileSync(path, text);
    assert.throws(() => RecordFile.open(path, settings), /holds something else/);
    assert.equal(readFileSync(path, 'utf8'), text);
  }
  RecordFile.open(`${path}.own`, settings).add(record(0, true));
  appendFileSync(`${path}.own`, 'word\n');
  assert.throws(() => RecordFile.open(`${path}.own`, settings), /line 2/);
});
