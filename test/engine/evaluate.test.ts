/** `hotset evaluate` with the embedded model, on this repository's fixtures. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { CalibrationFit } from '../../extension/engine/evaluation/calibrate.ts';
import type { FormComparison } from '../../extension/engine/evaluation/compare-forms.ts';
import type { DraftsEvaluation } from '../../extension/engine/evaluation/drafts/evaluate-drafts.ts';
import type { Evaluation } from '../../extension/engine/evaluation/evaluate-infilling.ts';
import type { TypingEvaluation } from '../../extension/engine/evaluation/typing/evaluate-typing.ts';
import { syntheticSuggestions } from '../synthetic-suggestions.ts';
import { copyWithKeys, copyWithoutInfilling, floatsEntry, writeModel } from './gguf.ts';
import { embeddedModelPath, root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-evaluate-'));
const fixtures = join(root, 'test', 'fixtures');
const cli = join(root, 'dist', 'cli.cjs');

after(() => {
  rmSync(folder, { recursive: true });
});

function evaluate(...args: string[]) {
  return spawnSync(process.execPath, [cli, 'evaluate', ...args], { encoding: 'utf8' });
}

/** One task that any line solves, one that none does. */
function humanEval(): string {
  const row = {
    task_id: 'own/0',
    entry_point: 'one',
    prompt: 'def one():\n    return 1\n',
    canonical_solution: '    # never reached\n',
    suffix: '\n',
  };
  const rows = [
    { ...row, test: 'def check(candidate):\n    pass\n' },
    { ...row, test: 'def check(candidate):\n    assert candidate() == 2\n' },
  ];
  const path = join(folder, 'own.jsonl.gz');
  // Whatever the model writes there, even if it is no Python, stays in a string.
  const quoted = rows.map((one) => ({ ...one, prompt: `${row.prompt}x = """\n`, suffix: '"""\n' }));
  writeFileSync(path, gzipSync(quoted.map((one) => JSON.stringify(one)).join('\n')));
  return path;
}

const small = ['--tasks', '6', '--windows', '1', '--keystrokes', '1', '--threads', '1'];

test('--json has every figure of the contract, and the same ones every time', () => {
  const args = ['infilling', fixtures, '--humaneval', humanEval(), '--json', ...small];
  const { status, stdout, stderr } = evaluate(...args);
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout) as Evaluation;
  assert.equal(result.mode, 'exact');
  assert.deepEqual(Object.keys(result.languages), ['Python', 'TypeScript']);
  for (const { tasks, exact, bitsPerByte } of Object.values(result.languages)) {
    assert.equal(tasks, 6);
    assert.ok(exact <= tasks);
    // Below what any byte costs that could be any other.
    assert.ok(bitsPerByte > 0 && bitsPerByte < 8);
  }
  assert.equal(result.humaneval?.tasks, 2);
  assert.equal(result.humaneval.passed, 1, 'what the tests say counts');
  const { keystrokes, confidence, neurons, records } = result;
  assert.ok(keystrokes !== null && keystrokes.files === 1);
  assert.ok(keystrokes.keystrokes <= keystrokes.characters);
  assert.ok(keystrokes.wordKeystrokes <= keystrokes.keystrokes);
  assert.ok(keystrokes.accepted <= keystrokes.shown && keystrokes.shown <= keystrokes.requests);
  assert.ok(neurons.activity !== null && neurons.activity > 0 && neurons.activity < 1);
  assert.equal(neurons.recall, null, 'exact mode predicts nothing');
  assert.ok(records.length > 0 && records.length <= 12);
  assert.equal(
    confidence?.bins.reduce((sum, { count }) => sum + count, 0),
    records.length,
  );
  for (const { sumLogP, minLogP, tokens, path, before, wanted, written, right } of records) {
    assert.ok(path !== null && readFileSync(join(fixtures, path), 'utf8').includes(before + wanted));
    assert.equal(right, written === wanted.trimEnd());
    assert.ok(sumLogP <= minLogP && minLogP <= 0 && sumLogP >= tokens * minLogP - 1e-6);
  }
  assert.deepEqual(JSON.parse(evaluate(...args).stdout), result);
});

test('a calibrated model is judged by its own confidence, and below the threshold nothing is shown', () => {
  const model = join(folder, 'calibrated.gguf');
  // Whatever it says, it is sure to one half.
  copyWithKeys(embeddedModelPath(), model, [floatsEntry('hotset.confidence.weights', [0, 0, 0, 0])]);
  const args = ['infilling', fixtures, '--model', model, '--json', ...small];
  const evaluated = (...more: string[]) => JSON.parse(evaluate(...args, ...more).stdout) as Evaluation;
  const { confidence, records, keystrokes } = evaluated();
  assert.deepEqual(confidence?.weights, [0, 0, 0, 0]);
  assert.equal(confidence.bins[5]?.count, records.length);
  assert.ok(keystrokes !== null && keystrokes.shown > 0);
  const silent = evaluated('--minimum-confidence', '0.51').keystrokes;
  assert.ok(silent !== null && silent.requests > 0);
  assert.deepEqual([silent.shown, silent.keystrokes], [0, silent.characters]);
});

test('a mode that leaves neurons out tells its recall', () => {
  const { status, stdout, stderr } = evaluate(
    'infilling',
    fixtures,
    '--mode',
    'predicted',
    '--json',
    ...small,
  );
  assert.equal(status, 0, stderr);
  const { mode, neurons } = JSON.parse(stdout) as Evaluation;
  assert.equal(mode, 'predicted');
  assert.ok(neurons.recall !== null && neurons.recall > 0 && neurons.recall <= 1);
});

test('tables and a chart for people', () => {
  const chart = join(folder, 'confidence.svg');
  const { status, stdout, stderr } = evaluate('infilling', fixtures, '--chart', chart, ...small);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /bits\/byte/);
  assert.match(stdout, /whole suggestions +\d+ +-?\d+\.\d%/);
  assert.match(readFileSync(chart, 'utf8'), /^<svg[^]*<\/svg>\n$/);
});

/** As `evaluate infilling --json` prints them, as far as they are read. */
function recordsFile(name: string, model: string, suggestions: number): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ model, records: syntheticSuggestions(suggestions) }));
  return path;
}

test('confidence: weights fitted to records, judged by those of other files', () => {
  const records = [recordsFile('a.json', 'm', 2_000), recordsFile('b.json', 'n', 2_000)];
  const { status, stdout, stderr } = evaluate('confidence', ...records, '--json');
  assert.equal(status, 0, stderr);
  const { weights, fitted, heldOut } = JSON.parse(stdout) as CalibrationFit;
  assert.ok(weights.every(Number.isFinite));
  assert.equal(fitted + heldOut.reduce((sum, { suggestions }) => sum + suggestions, 0), 4_000);
  assert.deepEqual(
    heldOut.map(({ model }) => model),
    ['m', 'n'],
  );
  for (const { before, after } of heldOut) assert.ok((after.brier ?? NaN) < (before.brier ?? NaN));
});

test('confidence: a table and a chart for people', () => {
  const chart = join(folder, 'fit.svg');
  const { status, stdout, stderr } = evaluate(
    'confidence',
    recordsFile('c.json', 'm', 2_000),
    '--chart',
    chart,
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /expected calibration error +\d\.\d{3} +\d\.\d{3}\n/);
  assert.match(stdout, /\n +0\.50 +\d+\.\d%/);
  assert.match(readFileSync(chart, 'utf8'), /^<svg[^]*"curve"[^]*"curve weighted"[^]*<\/svg>\n$/);
});

test('prompt forms are compared on the same lines and tasks', () => {
  const args = ['infilling', fixtures, '--humaneval', humanEval(), '--every', '2', ...small];
  const { status, stdout, stderr } = evaluate(...args, '--prompt-form', 'spm,psm,anchored:3', '--json');
  assert.equal(status, 0, stderr);
  const { forms } = JSON.parse(stdout) as FormComparison;
  assert.deepEqual(
    forms.map(({ form }) => form),
    ['spm', 'psm', 'anchored:3'],
  );
  for (const { lines, humaneval } of forms) {
    assert.deepEqual(Object.keys(lines), ['Python', 'TypeScript']);
    assert.ok(Object.values(lines).every(({ tasks, exact }) => tasks === 6 && exact <= tasks));
    assert.deepEqual([humaneval?.tasks, humaneval?.passed], [1, 1], 'the first task alone is asked for');
  }
  const table = evaluate('infilling', fixtures, '--prompt-form', 'spm', ...small).stdout;
  assert.match(table, /^spm +\d\/6 /m);
});

test('typing with every policy: figures that fit each other', () => {
  const args = ['typing', fixtures, '--seconds', '4', '--speed', '3', '--edits', '2', '--threads', '1'];
  const { status, stdout, stderr } = evaluate(...args, '--json');
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout) as TypingEvaluation;
  assert.ok(result.model.length > 0 && result.secondsWithout > 1);
  assert.deepEqual(
    result.policies.map(({ name }) => name),
    ['hotset', 'plain', 'llama.vscode'],
  );
  for (const figures of result.policies) {
    assert.ok(figures.keys > 0 && figures.characters > 0 && figures.seconds > 1);
    assert.equal(figures.keystrokesSaved, 1 - figures.keys / figures.keysWithout);
    assert.ok(figures.keystrokesSavedByLines <= figures.keystrokesSaved);
    assert.ok(figures.accepted + figures.acceptedLines + figures.acceptedSteps <= figures.keys);
    assert.ok(figures.prefilledTokensPerKeyMean > 0, 'something was computed');
    for (const share of [figures.shownShare, figures.rightFirstLines, figures.thrownAwayShare]) {
      assert.ok(share === null || (share >= 0 && share <= 1));
    }
    const { p50Ms, p95Ms } = figures;
    assert.ok(p50Ms === null || (p95Ms !== null && p50Ms <= p95Ms));
    assert.equal(p50Ms === null, figures.shownShare === 0);
  }
});

test('typing with one policy: a table for people', () => {
  const args = ['typing', fixtures, '--seconds', '1', '--policies', 'plain', '--threads', '1'];
  const { status, stdout, stderr } = evaluate(...args);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /keystroke to ghost text, median ms +[\d–]+/);
  assert.match(stdout, /^ +plain$/m);
});

test('drafts save passes and change no token', () => {
  const args = ['--tasks', '4', '--passages', '2', '--per-passage', '6', '--threads', '1'];
  const { status, stdout, stderr } = evaluate('drafts', fixtures, ...args, '--json');
  assert.equal(status, 0, stderr);
  const { figures } = JSON.parse(stdout) as DraftsEvaluation;
  assert.deepEqual(
    figures.map(({ places }) => places),
    ['random', 'typed'],
  );
  for (const { completions, tokens, tokensPerPass, timesFaster, drafts, different } of figures) {
    assert.ok(completions > 0 && tokens >= completions);
    assert.equal(different, 0);
    const accepted = Object.values(drafts).reduce((sum, count) => sum + count.accepted, 0);
    assert.ok(accepted > 0 && tokensPerPass > 1 && timesFaster > 0);
  }
});

test('drafts: a table for people, and no figures of nothing', () => {
  const { status, stdout, stderr } = evaluate('drafts', fixtures, '--tasks', '2', '--passages', '0');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /tokens a pass[^]*random +\d+/);
  assert.doesNotMatch(stdout, /typed/);
});

test('Ctrl-C ends it with one line', { skip: process.platform === 'win32' && 'no such signal' }, async () => {
  // A signal that comes before anything was begun ends it without a word: then it gets longer.
  for (let seconds = 1, ended = false; !ended; seconds *= 2) {
    const child = spawn(process.execPath, [cli, 'evaluate', 'infilling', fixtures, '--windows', '100000']);
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    setTimeout(() => child.kill('SIGINT'), seconds * 1_000);
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (signal === 'SIGINT' && seconds < 32) continue;
    ended = true;
    assert.equal(status, 2);
    assert.match(said, /^hotset: interrupted[^\n]*\n$/);
  }
});

const badInputs: Record<string, () => string[]> = {
  'nothing to evaluate': () => [],
  'something nobody can evaluate': () => ['taste'],
  'no files': () => ['infilling'],
  'a folder without source': () => ['infilling', folder],
  'no such folder': () => ['infilling', join(folder, 'none')],
  'a HumanEval that is none': () => ['infilling', '--humaneval', join(fixtures, 'queue.ts')],
  'no tasks': () => ['infilling', fixtures, '--tasks', '0'],
  'a form of the prompt that is none': () => ['infilling', fixtures, '--prompt-form', 'psm,mps'],
  'a context that is none': () => ['infilling', fixtures, '--context', 'none,everything:9'],
  'a context and a form at once': () => ['infilling', fixtures, '--context', 'none', '--prompt-form', 'psm'],
  'other files for a model that was trained on single ones': () => [
    ...['infilling', fixtures, '--context', 'none,declarations:64', '--tasks', '1'],
  ],
  'a chart of several forms': () => ['infilling', fixtures, '--prompt-form', 'psm', '--chart', 'a.svg'],
  'a confidence above 1': () => ['infilling', fixtures, '--minimum-confidence', '2'],
  'a chart that is no SVG': () => ['infilling', fixtures, '--chart', 'chart.png'],
  'a chart of nothing': () => ['infilling', '--humaneval', humanEval(), '--chart', join(folder, 'a.svg')],
  'no records': () => ['confidence'],
  'records that are none': () => ['confidence', join(root, 'package.json')],
  'a chart of two models': () => [
    'confidence',
    recordsFile('d.json', 'm', 500),
    recordsFile('e.json', 'n', 500),
    '--chart',
    join(folder, 'a.svg'),
  ],
  'too few records': () => ['confidence', recordsFile('f.json', 'm', 20)],
  'nothing to type': () => ['typing'],
  'nothing worth typing': () => {
    const path = join(folder, 'short.ts');
    writeFileSync(path, 'x;\n');
    return ['typing', path];
  },
  'a policy nobody has': () => ['typing', fixtures, '--policies', 'hotset,best'],
  'typing for no time': () => ['typing', fixtures, '--seconds', '0'],
  'a model that can not fill in': () => {
    const path = join(folder, 'forward.gguf');
    copyWithoutInfilling(embeddedModelPath(), path);
    return ['infilling', fixtures, '--model', path];
  },
  'a model that can not be loaded': () => {
    const path = join(folder, 'strange.gguf');
    writeModel(path, 'perceptron', [64, 64]);
    return ['infilling', fixtures, '--model', path];
  },
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`${name}: exit code 2 and one clear line`, () => {
    const { status, stdout, stderr } = evaluate(...args());
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
