import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CheckedRow,
  checkedRun,
  checkTable,
  medianErrors,
} from '../../../extension/cli/forecast-check.ts';
import { costMachine, publishedMachines } from '../../../extension/models/cost/published.ts';

test('a run names its file if it has one, its shape, its quantisation and its mode', () => {
  const run = checkedRun('/models/a:b.gguf:llama-7b:Q4_0:exact');
  assert.deepEqual(
    [run.file, run.shapeName, run.quantisation, run.mode],
    ['/models/a:b.gguf', 'llama-7b', 'Q4_0', 'exact'],
  );
  assert.deepEqual([checkedRun('llama-7b:Q8_0').file, checkedRun('llama-7b:Q8_0').mode], [null, 'dense']);
  for (const wrong of ['', 'llama-7b', 'llama-8b:Q4_0', 'llama-7b:Q9']) {
    assert.throws(() => checkedRun(wrong), /--check/, wrong);
  }
});

const held = (error: number) => ({ foretold: 1 + error, measured: 1, error });
const row = (error: number): CheckedRow => ({
  name: 'loom',
  mode: 'dense',
  threads: 1,
  decode: held(error),
  prefill: held(-error),
  firstLine: held(2 * error),
});
const machine = costMachine(Object.values(publishedMachines)[0] ?? assert.fail());

test('errors count whichever way they go', () => {
  const rows = [row(0.1), row(-0.2), row(0.3)];
  const { decode, prefill, firstLine } = medianErrors(rows);
  assert.deepEqual([decode, prefill, firstLine], [0.2, 0.2, 0.4]);
  assert.match(checkTable(rows, machine), /loom +dense +1 +1\.10 +1\.00 +\+10%/);
  assert.match(checkTable(rows, machine), /Median error: decode 20%, prefill 20%, first line 40%/);
});
