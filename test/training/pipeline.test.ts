/**
 * The training pipeline from end to end on a tiny slice, so that the recipe of the embedded model cannot rot: what it
 * makes must load in the engine, compute there what PyTorch computes, and predict better than any unigram model.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NativeModel } from '../../extension/engine/addon.ts';
import type { QualityRow } from '../../extension/engine/benchmark/quality.ts';
import type { CompleteResult } from '../../extension/protocol/requests.ts';
import { loadOptions, requireAddon, root } from '../engine/model.ts';
import {
  assertLargestAgree,
  assertWholeRowsAgree,
  logitsOf,
  readRecordedLogits,
} from '../engine/recorded-logits.ts';
import { python, reasonToSkip } from './python.ts';

/** What training/tiny.py writes beside the model. */
interface Figures {
  /** sharedWithTasks: files left out because they hold text of an evaluation task; remaining: those that still do. */
  corpus: { characters: Record<'train' | 'heldout', number>; sharedWithTasks: number; remaining: number };
  /** Hashes of all weights: of a run in one go, of the same run with a break, and at the break. */
  weights: { uninterrupted: string; resumed: string; interrupted: string };
  heldout: string[];
  unigramBitsPerByte: number;
}

/** Of what `evaluate infilling --json` prints. */
interface Evaluation {
  languages: Record<string, { tasks: number; bitsPerByte: number }>;
}

const reason = reasonToSkip();
/** The first test gives the reason. */
const skip = reason !== false;
/** Share of the activation mass that predictors are trained to keep, and what they must keep of files never seen. */
const wantedRecall = 0.9;
const leastRecall = 0.8;
const folder = mkdtempSync(join(tmpdir(), 'hotset-training-'));
const modelPath = join(folder, 'tiny.gguf');

function runPython(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(python, args, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return `${stdout}\n${stderr}`;
}

function hotset(...args: string[]): unknown {
  const cli = join(root, 'dist', 'cli.cjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, '--json'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

function figures(): Figures {
  return JSON.parse(readFileSync(join(folder, 'figures.json'), 'utf8')) as Figures;
}

before(() => {
  if (!skip) runPython('-m', 'training.tiny', folder);
});

after(() => {
  rmSync(folder, { recursive: true });
});

test('the unit tests of the training code pass', { skip: reason }, () => {
  const output = runPython('-m', 'unittest', 'discover', '-s', 'training', '-t', '.');
  assert.match(output, /^Ran [1-9]\d* tests/m);
});

test('text of an evaluation task stays out of the corpus', { skip }, () => {
  const { characters, sharedWithTasks, remaining } = figures().corpus;
  assert.ok(characters.train > 1_000_000);
  assert.ok(characters.heldout > 10_000);
  assert.ok(sharedWithTasks >= 1);
  assert.equal(remaining, 0);
});

test('a run goes on after a break as if there had been none', { skip }, () => {
  const { uninterrupted, resumed, interrupted } = figures().weights;
  assert.equal(resumed, uninterrupted);
  assert.notEqual(interrupted, uninterrupted);
});

test('the model beats every unigram model on held-out files, in the engine', { skip }, (context) => {
  const { heldout, unigramBitsPerByte } = figures();
  const options = ['--model', modelPath, '--tokens', '1000000', '--modes', 'exact'];
  const rows = hotset('bench', '--quality', ...options, ...heldout) as QualityRow[];
  assert.deepEqual(
    rows.map(({ mode }) => mode),
    ['dense', 'exact'],
  );
  for (const { mode, bitsPerByte } of rows) {
    const bits = `${bitsPerByte.toFixed(3)} bits per byte`;
    context.diagnostic(`${mode}: ${bits}; the best unigram model: ${unigramBitsPerByte.toFixed(3)}`);
    assert.ok(bitsPerByte < unigramBitsPerByte, mode);
  }
});

for (const mode of ['dense', 'exact'] as const) {
  test(`the model's ${mode} logits are PyTorch's`, { skip }, async () => {
    const addon = requireAddon();
    addon.initialise(() => undefined);
    const recorded = readRecordedLogits(join(folder, 'logits.json'));
    let model: NativeModel | undefined;
    try {
      const options = { ...loadOptions, path: modelPath, decoder: 'hybrid', mode } as const;
      model = await addon.loadModel(options, () => undefined);
      const rows = await logitsOf(model, recorded);
      assertLargestAgree(rows, recorded);
      assertWholeRowsAgree(rows, recorded);
    } finally {
      model?.dispose();
    }
  });
}

test('predictors trained for the model find what fires, from its own file', { skip }, (context) => {
  const path = join(folder, 'with-predictors.gguf');
  copyFileSync(modelPath, path);
  const training = ['--train-predictors', '--tokens', '3000', '--recall', String(wantedRecall)];
  hotset('profile', path, join(root, 'extension', 'engine'), ...training);
  runPython('-m', 'training.predictors', '--model', path);
  rmSync(join(folder, 'with-predictors.predictors.gguf'));
  const options = ['--model', path, '--modes', 'predicted', '--predictor', 'learned', '--tokens', '1000'];
  const [, row] = hotset('bench', '--quality', ...options, ...figures().heldout) as QualityRow[];
  context.diagnostic(`recall ${String(row?.recall)}`);
  assert.equal(row?.predictor, 'learned');
  assert.ok(row.recall !== null && row.recall >= leastRecall);
  assert.ok(row.computed !== null && row.computed < 1, 'a predictor that names everything predicts nothing');
});

test('the model can be evaluated by infilling', { skip }, () => {
  const { unigramBitsPerByte } = figures();
  const options = ['--tasks', '10', '--windows', '2', '--keystrokes', '0', '--gpu-budget', '0'];
  const held = join(folder, 'heldout');
  const { languages } = hotset('evaluate', 'infilling', held, '--model', modelPath, ...options) as Evaluation;
  assert.deepEqual(Object.keys(languages).sort(), ['Python', 'TypeScript']);
  for (const [language, { tasks, bitsPerByte }] of Object.entries(languages)) {
    assert.equal(tasks, 10, language);
    assert.ok(bitsPerByte < unigramBitsPerByte, language);
  }
});

test('model and profile answer a completion', { skip }, () => {
  const place = `${join(root, 'test', 'fixtures', 'rectangle.ts')}:7:5`;
  const result = hotset('complete', place, '--model', modelPath) as CompleteResult;
  assert.equal(result.decoder, 'hybrid');
  // How much so small a model has to say is its own affair.
  assert.ok(result.promptTokens > 0 && result.stopReason !== 'cancelled');
  // Without the profile beside the model, every neuron would count as cold.
  assert.ok(result.neuronSplit.hot > 0 && result.neuronSplit.cold > 0);
});
