/** Which lines a model is asked for. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHeldOut, type SourceFile } from '../../../../extension/engine/evaluation/held-out.ts';
import { lineTasks } from '../../../../extension/engine/evaluation/line-tasks.ts';
import { passages } from '../../../../extension/engine/evaluation/passages.ts';
import { isRight } from '../../../../extension/engine/evaluation/solve-line.ts';

const code: SourceFile = {
  path: 'a.py',
  text: 'def area(self):\n    # 😀 both sides\n    return self.width * self.height  \n\n}\n'.repeat(40),
};
const other: SourceFile = { path: 'b.py', text: `${'x'.repeat(200)}\nshort = 1\n` };

test('the same texts and seed give the same tasks, another seed gives others', () => {
  const tasks = lineTasks([code, other], 30, 'seed');
  assert.equal(tasks.length, 30);
  assert.deepEqual(lineTasks([code, other], 30, 'seed'), tasks);
  assert.notDeepEqual(lineTasks([code, other], 30, 'seeds'), tasks);
});

test('a task is the rest of a line that holds a letter and is not too long, cut out of its file', () => {
  for (const { prefix, middle, suffix, path } of lineTasks([code, other], 100, 'seed')) {
    const { text } = path === 'a.py' ? code : other;
    assert.equal(prefix + middle + suffix, text);
    assert.match(middle, /^(?=.*\p{L})[^\n]{1,120}$/u);
    assert.match(suffix, /^\n/);
    assert.doesNotMatch(prefix, /[\uD800-\uDBFF]$/, 'not inside a character');
  }
});

test('about a third starts at the first character of its line, some at the line’s very start', () => {
  const file = {
    path: 'c.py',
    text: Array.from({ length: 3_000 }, (_, index) => `    value_${index} = compute(${index})\n`).join(''),
  };
  const tasks = lineTasks([file], 1_000, 'seed');
  const shareOf = (pattern: RegExp) =>
    tasks.filter(({ prefix }) => pattern.test(prefix)).length / tasks.length;
  // Random characters hit these places as well: each of a line's 33 characters equally often.
  assert.ok(Math.abs(shareOf(/\n {4}$/) - (0.35 + 0.55 / 33)) < 0.05);
  assert.ok(Math.abs(shareOf(/(^|\n)$/) - (0.1 + 0.55 / 33)) < 0.03);
});

test('files that hold few lines give few tasks, each once', () => {
  const tasks = lineTasks([{ path: 'd.py', text: 'ab\n' }], 50, 'seed');
  assert.deepEqual(tasks.map(({ middle }) => middle).sort(), ['ab', 'b']);
  assert.deepEqual(lineTasks([{ path: 'e.py', text: '123\n' }], 50, 'seed'), []);
});

test('a suggestion is right if accepting it gives the file back, blanks at the line’s end aside', () => {
  const task = { middle: 'area(1)  ', suffix: '\nnext' };
  assert.ok(isRight({ text: 'area(1)', overlap: 0 }, task));
  assert.ok(!isRight({ text: 'area(1', overlap: 0 }, task));
  assert.ok(!isRight({ text: 'area(1)\nnext', overlap: 0 }, task));
  assert.ok(isRight({ text: 'b)', overlap: 1 }, { middle: 'b', suffix: ')' }));
  assert.ok(!isRight({ text: 'b)', overlap: 0 }, { middle: 'b', suffix: ')' }));
});

test('held-out files are told by what they say, wherever they lie, and their paths start at the folder named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-held-out-'));
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('one/src/a.py', 'a = 1\r\nb = 2\r\n');
  write('one/copy.py', 'a = 1\nb = 2\n');
  write('two/c.ts', 'let c\n');
  const heldOut = readHeldOut([join(folder, 'one'), join(folder, 'two')]);
  assert.deepEqual([...heldOut.keys()], ['Python', 'TypeScript']);
  assert.equal(heldOut.get('Python')?.length, 1, 'the same text twice');
  assert.equal(heldOut.get('Python')?.[0]?.text, 'a = 1\nb = 2\n');
  assert.deepEqual(heldOut.get('TypeScript'), [{ path: 'c.ts', text: 'let c\n' }]);
  rmSync(folder, { recursive: true });
});

test('passages are whole lines of different files, the languages taking turns', () => {
  const line = 'value = compute(value)\n';
  const files = [1, 2, 3].map((index) => ({ path: `${index}.py`, text: `# ${index}\n${line.repeat(100)}` }));
  const heldOut = new Map([
    ['Python', files],
    ['TypeScript', [{ path: 'only.ts', text: 'let short = 1;\n\n' }]],
  ]);
  const chosen = passages(heldOut, 3, 'seed');
  assert.deepEqual(
    chosen.map(({ path }) => path),
    ['1.py', 'only.ts', '2.py'],
  );
  assert.deepEqual(chosen[1], { path: 'only.ts', prefix: '', text: 'let short = 1;', suffix: '\n\n' });
  for (const { prefix, text, suffix } of chosen) {
    assert.match(prefix, /(^|\n)$/);
    assert.match(suffix, /^\n/);
    assert.ok(text.length < 400 + line.length);
  }
});
