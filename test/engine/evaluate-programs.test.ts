/** `hotset evaluate humaneval` and `mbpp` with the embedded model, on invented tasks. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import type { Evaluation } from '../../extension/engine/evaluation/evaluate-infilling.ts';
import type { ProgramsEvaluation } from '../../extension/engine/evaluation/programs/evaluate-programs.ts';
import type { ProgramRecord } from '../../extension/engine/evaluation/programs/record.ts';
import { humanEvalFile, humanEvalRow, mbppFile, mbppRow } from '../unit/engine/evaluation/programs/suites.ts';
import { root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-programs-'));
const cli = join(root, 'dist', 'cli.cjs');

after(() => {
  rmSync(folder, { recursive: true });
});

function evaluate(...args: string[]) {
  return spawnSync(process.execPath, [cli, 'evaluate', ...args], { encoding: 'utf8' });
}

/** Whatever the model writes stays in a string: the first passes, the second never, the third asks the tests. */
function rows(): object[] {
  const quoted = {
    ...humanEvalRow,
    prompt: 'def double(x): return x + x\nx = r"""\n',
    entry_point: 'double',
  };
  const closed = (test: string) => `"""\n${test}`;
  return [
    { ...quoted, task_id: 'HumanEval/0', test: closed('def check(f): pass') },
    { ...quoted, task_id: 'HumanEval/1', test: closed('def check(f): raise SystemExit(0)') },
    { ...quoted, task_id: 'HumanEval/2', test: closed('def check(f): assert f(2) == 4') },
    { ...quoted, task_id: 'HumanEval/3', test: closed('def check(f):\n  while True: pass') },
  ];
}

const tasks = humanEvalFile(folder, rows());
const agreed = ['humaneval', tasks, '--run-programs', '--threads', '1'];
const short = ['--max-tokens', '12'];

/** In the tasks' order: several are written at once, and who ends first has the first line. */
function recordsIn(path: string): ProgramRecord[] {
  const records = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ProgramRecord);
  const place = ({ task_id: id, sample }: ProgramRecord) => `${id}#${sample}`;
  return records.toSorted((left, right) => place(left).localeCompare(place(right)));
}

suite('programs', { skip: process.platform === 'win32' && 'Windows has no sandbox' }, () => {
  test('nothing runs before somebody agreed, in words', () => {
    const { status, stderr } = evaluate('humaneval', tasks);
    assert.equal(status, 2);
    assert.match(stderr, /Python that a model wrote and nobody has read.*--run-programs if you agree/);
  });

  test('settings are compared on the same tasks, and hostile programs end', () => {
    const records = join(folder, 'sweep.jsonl');
    const report = join(folder, 'sweep.html');
    const more = ['--thresholds', 'none,exact', '--records', records, '--report', report, '--json'];
    const { status, stdout, stderr } = evaluate(...agreed, ...short, ...more);
    assert.equal(status, 0, stderr);
    const { settings, isPublished, tasks: count } = JSON.parse(stdout) as ProgramsEvaluation;
    assert.deepEqual([isPublished, count, settings.length], [false, 4, 2]);
    for (const { setting, tasks: solved, passAt, outcomes, neurons, tokenMs, paired, mode } of settings) {
      assert.equal(solved, 4);
      assert.deepEqual([passAt[0]?.k, passAt[0]?.rate], [1, 0.5]);
      assert.deepEqual(outcomes, { passed: 2, failed: 1, timeLimit: 1 });
      assert.ok(neurons !== null && (setting === 'none' ? neurons === 1 : neurons > 0 && neurons < 0.5));
      // So fast a model's tokens may reach a busy caller several at once.
      assert.ok(tokenMs !== null && tokenMs.p50 >= 0 && tokenMs.p95 >= tokenMs.p50);
      assert.equal(mode, setting === 'none' ? 'dense' : 'exact');
      assert.deepEqual(
        paired === null ? null : [paired.onlyFirst, paired.p],
        setting === 'none' ? null : [0, 1],
      );
    }
    const [dense, exact] = ['none', 'exact'].map((name) => recordsIn(join(folder, `sweep.${name}.jsonl`)));
    const completions = (list: readonly ProgramRecord[] = []) => list.map(({ completion }) => completion);
    assert.deepEqual(completions(exact), completions(dense), 'exact mode writes what dense mode does');
    assert.match(readFileSync(report, 'utf8'), /^<!doctype html>/);
  });

  test('a run that was ended goes on behind its last record', async () => {
    const records = join(folder, 'resumed.jsonl');
    const whole = evaluate(...agreed, ...short, '--records', join(folder, 'whole.jsonl'));
    assert.equal(whole.status, 0, whole.stderr);
    // The last task takes the sandbox its seconds: the run is ended there.
    const running = spawn(process.execPath, [cli, 'evaluate', ...agreed, ...short, '--records', records]);
    let said = '';
    running.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!existsSync(records) || recordsIn(records).length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    running.kill('SIGINT');
    const [status] = (await once(running, 'exit')) as [number];
    assert.equal(status, 2);
    assert.match(said, /interrupted: the same command goes on from here/);
    const before = readFileSync(records, 'utf8');
    const { status: second, stderr } = evaluate(...agreed, ...short, '--records', records);
    assert.equal(second, 0, stderr);
    assert.ok(readFileSync(records, 'utf8').startsWith(before), 'nothing was done again');
    const essence = (path: string) =>
      recordsIn(path).map(({ task_id: id, completion, outcome }) => [id, completion, outcome]);
    assert.deepEqual(essence(records), essence(join(folder, 'whole.jsonl')));
    const other = evaluate(...agreed, '--max-tokens', '13', '--records', records);
    assert.equal(other.status, 2);
    assert.match(other.stderr, /records with maxTokens 12, not 13/);
  });

  test('completions that are written at once are those that are written one at a time', () => {
    const file = humanEvalFile(mkdtempSync(join(folder, 'parallel-')), rows().slice(0, 3));
    const written = (parallel: number) => {
      const records = join(folder, `parallel-${parallel}.jsonl`);
      const sweep = ['--thresholds', 'none,exact,learned', '--parallel', String(parallel)];
      const { status, stdout, stderr } = evaluate(
        ...['humaneval', file, '--run-programs', '--threads', '1'],
        ...['--max-tokens', '40', '--context-length', '512'],
        ...sweep,
        ...['--records', records, '--json'],
      );
      assert.equal(status, 0, stderr);
      const { settings } = JSON.parse(stdout) as ProgramsEvaluation;
      const files = ['none', 'exact', 'learned'].map((name) => records.replace('.jsonl', `.${name}.jsonl`));
      return { settings, records: files.map(recordsIn) };
    };
    const [one, several] = [written(1), written(3)];
    const essence = (records: readonly ProgramRecord[][]) =>
      records.map((list) => list.map(({ task_id: id, completion, tokens }) => [id, completion, tokens]));
    assert.deepEqual(essence(several.records), essence(one.records));
    const parallel = (records: readonly ProgramRecord[][]) =>
      records.map((list) => list.map((record) => record.parallel ?? 1));
    assert.deepEqual(parallel(one.records), Array(3).fill([1, 1, 1]));
    // The first of 32 tasks is written alone for the figures, and predictors look at one text alone.
    assert.deepEqual(parallel(several.records), [
      [1, 3, 3],
      [1, 3, 3],
      [1, 1, 1],
    ]);
    assert.deepEqual(
      several.settings.map(({ alone, parallel: most }) => [alone, most]),
      [
        [1, 3],
        [1, 3],
        [3, 1],
      ],
    );
  });

  test('samples differ, are the same every time, and give pass@k', () => {
    const sampled = [
      '--every',
      '2',
      '--samples',
      '3',
      '--k',
      '1,3',
      '--temperature',
      '1',
      ...short,
      '--json',
    ];
    const [one, other] = ['one', 'other'].map((name) => {
      const path = join(folder, `${name}.jsonl`);
      const { status, stdout, stderr } = evaluate(...agreed, ...sampled, '--records', path);
      assert.equal(status, 0, stderr);
      const { settings } = JSON.parse(stdout) as ProgramsEvaluation;
      // Which of them are right is drawn too, and another processor rounds otherwise.
      const right = passedByTask(recordsIn(path));
      assert.equal(right.length, 2);
      const rates = settings[0]?.passAt.map(({ rate }) => rate) ?? [];
      assert.deepEqual(
        rates.map((rate) => rate.toFixed(9)),
        [
          mean(right.map((count) => count / 3)).toFixed(9),
          mean(right.map((count) => Number(count > 0))).toFixed(9),
        ],
      );
      return recordsIn(path).map(({ completion }) => completion);
    });
    assert.ok(one !== undefined && new Set(one).size > 2, 'samples are drawn');
    assert.deepEqual(one, other);
  });

  test('infilled lines are compared as programs are, and are the editor’s own', () => {
    const line = { ...humanEvalRow, canonical_solution: '    return x + x\n', suffix: '\n' };
    const file = humanEvalFile(mkdtempSync(join(folder, 'infilling-')), [line]);
    const sweep = [
      'infilling',
      file,
      '--run-programs',
      '--threads',
      '1',
      '--thresholds',
      'none,exact',
      '--json',
    ];
    const { status, stdout, stderr } = evaluate(...sweep);
    assert.equal(status, 0, stderr);
    const { settings, form } = JSON.parse(stdout) as ProgramsEvaluation;
    const plain = evaluate('infilling', '--humaneval', file, '--threads', '1', '--json');
    assert.equal(plain.status, 0, plain.stderr);
    const { humaneval } = JSON.parse(plain.stdout) as Evaluation;
    assert.equal(form, 'infilling');
    for (const { passAt } of settings) assert.equal(passAt[0]?.rate, humaneval?.passed);
    const check = evaluate('infilling', file, '--run-programs', '--canonical');
    assert.match(check.stdout, /1 of 1 solutions pass/);
    const refused = evaluate(...sweep, '--chat');
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /infilling asks as the editor does/);
  });

  test('the sets’ own solutions pass, and one that does not is named', () => {
    const file = mbppFile(
      folder,
      [2, 3, 4, 11, 12].map((id) => mbppRow(id)),
    );
    const { status, stdout, stderr } = evaluate('mbpp', file, '--run-programs', '--canonical');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /2 of 2 solutions pass/);
    const wrong = mbppFile(
      folder,
      [...[2, 3, 4].map((id) => mbppRow(id)), { ...mbppRow(11), code: 'f11 = len' }],
      'wrong.jsonl',
    );
    const check = evaluate('mbpp', wrong, '--run-programs', '--canonical');
    assert.equal(check.status, 1);
    assert.match(check.stdout, /0 of 1 solutions pass\nMbpp\/11: failed\n/);
  });

  test('what can’t be done is refused with one line', () => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const refusals: [string[], RegExp][] = [
      [[...agreed, '--thresholds', 'half'], /--thresholds half: name none/],
      [[...agreed, '--thresholds', 'none,none'], /name each setting once/],
      [[...agreed, '--samples', '2'], /greedy samples are all the same/],
      [[...agreed, '--chat', ...short], /the model has no token <\|im_start\|>/],
      [['mbpp', empty, '--run-programs'], /holds no task/],
      [['mbpp', '--run-programs'], /name one file of tasks: mbpp.jsonl/],
    ];
    for (const [args, message] of refusals) {
      const { status, stderr } = evaluate(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    }
  });
});

/** How many samples of each task passed. */
function passedByTask(records: readonly ProgramRecord[]): number[] {
  const tasks = [...new Set(records.map(({ task_id: id }) => id))];
  return tasks.map(
    (task) => records.filter(({ task_id: id, outcome }) => id === task && outcome === 'passed').length,
  );
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
