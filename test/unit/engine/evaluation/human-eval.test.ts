/** HumanEval's file, whole and broken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { programWith, readHumanEval } from '../../../../extension/engine/evaluation/human-eval.ts';
import { PythonSandbox } from '../../../../extension/engine/evaluation/python-sandbox.ts';
import { solveHumanEval } from '../../../../extension/engine/evaluation/solve-human-eval.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-human-eval-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const row = {
  task_id: 'SingleLineInfilling/Own/0/L0',
  entry_point: 'double',
  prompt: 'def double(x):\n',
  canonical_solution: '    y = x + x\n',
  suffix: '    return y\n',
  test: 'def check(candidate):\n    assert candidate(2) == 4\n    assert candidate("a") == "aa"\n',
};

function file(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const good = file('good.jsonl.gz', gzipSync(`${JSON.stringify(row)}\n`));

test('the line feed that ends the missing line stays in the document', () => {
  const [task] = readHumanEval(good);
  assert.ok(task !== undefined);
  assert.equal(task.middle, '    y = x + x');
  assert.equal(task.suffix, '\n    return y\n');
  assert.equal(
    programWith(task, task.middle),
    `${row.prompt}${row.canonical_solution}${row.suffix}\n${row.test}\ncheck(double)\n`,
  );
});

test('an unpacked file is read as well', () => {
  assert.deepEqual(readHumanEval(file('plain.jsonl', JSON.stringify(row))), readHumanEval(good));
});

const bad: Record<string, () => string> = {
  'no such file': () => join(folder, 'none.gz'),
  'a folder': () => folder,
  'no JSON': () => file('plain', 'def double(x):'),
  'a truncated file': () => file('cut', gzipSync(JSON.stringify(row)).subarray(0, 60)),
  'nothing in it': () => file('empty', gzipSync('\n')),
  'a line that is no JSON': () => file('text', gzipSync(`${JSON.stringify(row)}\nword\n`)),
  'a row without a field': () => file('missing', gzipSync(JSON.stringify({ ...row, test: undefined }))),
  'a field of another kind': () => file('kind', gzipSync(JSON.stringify({ ...row, prompt: [1] }))),
  'a function that is none': () => file('name', gzipSync(JSON.stringify({ ...row, entry_point: 'f)(' }))),
  'a bomb': () => file('bomb', gzipSync(Buffer.alloc(80 << 20))),
};

for (const [name, path] of Object.entries(bad)) {
  test(`${name} is refused in one line that names it`, () => {
    const named = path();
    assert.throws(
      () => readHumanEval(named),
      ({ message }: Error) => message.startsWith(named) && !message.includes('\n'),
    );
  });
}

suite('pass@1', { skip: process.platform === 'win32' && 'Windows has no sandbox' }, () => {
  const cases = {
    'the solution itself': ['    y = x + x', { tasks: 1, exact: 1, passed: 1 }],
    'another right line': ['    y = 2 * x', { tasks: 1, exact: 0, passed: 1 }],
    'a wrong line': ['    y = x', { tasks: 1, exact: 0, passed: 0 }],
    'no line at all': ['', { tasks: 1, exact: 0, passed: 0 }],
  } as const;
  for (const [name, [text, expected]] of Object.entries(cases)) {
    test(name, async () => {
      const [task] = readHumanEval(good);
      assert.ok(task !== undefined);
      const score = { tasks: 0, exact: 0, passed: 0 };
      await solveHumanEval(task, score, {
        suggest: () => Promise.resolve({ text, overlap: 0, evidence: null, confidence: null }),
        sandbox: await PythonSandbox.open(),
        signal: new AbortController().signal,
      });
      assert.deepEqual(score, expected);
    });
  }
});
