/** `hotset profile` on the embedded model: the addon and the CLI. What it counts is checked in reference-logits.test.ts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { textWindows } from '../../extension/engine/benchmark/text-windows.ts';
import { loadAddon } from '../../extension/engine/native.ts';
import {
  profileModel,
  type ProfileOptions,
  type ProfileProgress,
  type ProfileReport,
} from '../../extension/engine/profile/profile-model.ts';
import { hitRate } from '../../extension/engine/profile/skew.ts';
import { trainPredictors, type TrainingProgress } from '../../extension/engine/profile/train-predictors.ts';
import { embeddedModelPath, loadOptions, root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-profile-'));
/** A room of one language: what a small corpus has of another moves the figures. */
const sources = join(root, 'extension', 'engine');
const addon = loadAddon(root, () => undefined);

before(() => {
  writeFileSync(join(folder, 'empty.ts'), '\n');
  writeFileSync(join(folder, 'one.py'), 'def add(left, right):\n    return left + right\n'.repeat(4));
});
after(() => {
  rmSync(folder, { recursive: true });
});

function hotset(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], { encoding: 'utf8' });
}

function options(name: string, changes: Partial<ProfileOptions> = {}): ProfileOptions {
  const output = join(folder, `${name}.profile.gguf`);
  return {
    model: embeddedModelPath(),
    corpus: [sources],
    output,
    tokens: 3_000,
    minutes: 10,
    threads: 1,
    keepsPart: true,
    ...changes,
  };
}

async function profile(
  chosen: ProfileOptions,
  onProgress: (progress: ProfileProgress) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<ProfileReport> {
  const report = await profileModel(chosen, { addon, signal, onProgress });
  assert.ok(report !== null, 'interrupted');
  return report;
}

async function frequencies(path: string): Promise<Float32Array[]> {
  return (await addon.readProfile(embeddedModelPath(), path)).frequencies;
}

/** Pearson's correlation. */
function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  a.forEach((value, index) => {
    const [left, right] = [value - meanA, (b[index] ?? 0) - meanB];
    product += left * right;
    squareA += left ** 2;
    squareB += right ** 2;
  });
  return product / Math.sqrt(squareA * squareB);
}

test('a profile of other code is alike', async () => {
  const report = await profile(options('other', { tokens: 6_000 }));
  assert.ok(report.tokens >= 6_000 && report.tokens < 6_600);
  const [ours, theirs] = await Promise.all([
    frequencies(report.profile),
    frequencies(embeddedModelPath().replace(/\.gguf$/, '.profile.gguf')),
  ]);
  assert.equal(ours.length, theirs.length);
  const alike = ours.map((layer, index) => correlation(layer, theirs[index] ?? new Float32Array(0)));
  const mean = alike.reduce((sum, value) => sum + value, 0) / alike.length;
  assert.ok(mean > 0.6 && Math.min(...alike) > 0.5, `by layer: ${alike.join(', ')}`);
  assert.ok(
    hitRate(ours, theirs, 0.3) > 0.38,
    'the hot three tenths serve no more than any three tenths would',
  );
});

test('the same corpus gives the same profile', async () => {
  const small = { tokens: 1_000 };
  const [first, second] = [await profile(options('first', small)), await profile(options('second', small))];
  assert.deepEqual(await frequencies(first.profile), await frequencies(second.profile));
  assert.deepEqual(first.languages, { TypeScript: first.tokens });
});

test('interrupted, it keeps what was counted', async () => {
  const controller = new AbortController();
  const begun: string[] = [];
  const interrupt = ({ step }: ProfileProgress) => {
    begun.push(step);
    if (step === 'counting') controller.abort();
  };
  const report = await profile(options('interrupted', { tokens: 1_000_000 }), interrupt, controller.signal);
  assert.equal(report.interrupted, true);
  assert.ok(report.tokens > 0 && report.tokens < 3_000);
  assert.equal((await frequencies(report.profile)).length, report.layers.length);
  assert.equal(begun[0], 'loading');
});

test('interrupted before anything was counted, it leaves the old profile as it was', async () => {
  const chosen = options('kept');
  writeFileSync(chosen.output, 'an older profile');
  const tools = { addon, signal: AbortSignal.abort(), onProgress: () => undefined };
  assert.equal(await profileModel(chosen, tools), null);
  assert.equal(readFileSync(chosen.output, 'utf8'), 'an older profile');
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('kept')),
    ['kept.profile.gguf'],
  );
});

test('hotset profile writes profile and plot, and prints what it found', () => {
  const output = join(folder, 'cli.profile.gguf');
  const args = ['profile', 'embedded', sources, folder, '--tokens', '1000', '--output', output];
  const { status, stdout, stderr } = hotset(...args, '--json');
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as ProfileReport;
  assert.equal(report.layers.length, 6);
  assert.ok(report.all.activity > 0.02 && report.all.activity < 0.3);
  assert.deepEqual(Object.keys(report.languages).sort(), ['Python', 'TypeScript']);
  assert.match(readFileSync(report.plot, 'utf8'), /^<svg[^]+<\/svg>\n$/);
  assert.ok(existsSync(output));
  const { stdout: text } = hotset(...args, '--compare', output);
  assert.match(text, /neurons carry 80% of the activations/);
  assert.match(text, /chosen by the other/);
});

test('predictors are trained layer by layer, go on where they were ended, and run', async () => {
  const output = join(folder, 'trained.predictors.gguf');
  const chosen = {
    model: embeddedModelPath(),
    corpus: [sources],
    output,
    tokens: 4_000,
    recall: 0.97,
    threads: 1,
  };
  const controller = new AbortController();
  const trained: number[] = [];
  const onProgress = ({ step, layer }: TrainingProgress) => {
    if (step !== 'training') return;
    trained.push(layer);
    if (layer === 1) controller.abort();
  };
  const ended = await trainPredictors(chosen, { addon, signal: controller.signal, onProgress });
  assert.equal(ended, null);
  assert.deepEqual(readdirSync(`${output}.parts`), ['0.gguf']);

  trained.length = 0;
  const signal = new AbortController().signal;
  const report = await trainPredictors(chosen, { addon, signal, onProgress });
  assert.equal(trained[0], 1, 'the first layer is trained again');
  assert.equal(report?.layers.length, 6);
  assert.ok(!existsSync(`${output}.parts`));
  for (const { recall, share } of report.layers) {
    assert.ok(recall > 0.85, `recall ${recall}`);
    assert.ok(share < 0.7, `share ${share}`);
  }
  const predicted = { ...loadOptions, mode: 'predicted' as const, predictor: 'learned' as const };
  const model = await addon.loadModel({ ...predicted, predictorsPath: output }, () => undefined);
  assert.equal(model.describe().predictor, 'learned');
  const unseen = readFileSync(join(root, 'test', 'fixtures', 'queue.ts'), 'utf8');
  for (const window of textWindows(model, unseen, { length: 256, most: 1_024 })) await model.logits(window);
  const { computed, recall } = await model.takeStatistics();
  await model.release();
  assert.ok(computed !== null && computed < 0.7, `computed ${computed}`);
  assert.ok(recall !== null && recall > 0.9, `recall ${recall}`);
});

const badInputs: Record<string, () => string[]> = {
  'no model': () => [],
  'no corpus': () => ['embedded'],
  'a corpus that is not there': () => ['embedded', join(folder, 'none')],
  'a corpus without a word': () => ['embedded', join(folder, 'empty.ts')],
  'a model that is not there': () => [join(folder, 'none.gguf'), sources],
  'a model that is none': () => [join(folder, 'one.py'), sources],
  'a profile as the model': () => [embeddedModelPath().replace(/\.gguf$/, '.profile.gguf'), sources],
  'an output of another name': () => ['embedded', sources, '--output', join(folder, 'x.gguf')],
  'an output in no folder': () => [
    ...['embedded', join(folder, 'one.py'), '--output', join(folder, 'none', 'x.profile.gguf')],
  ],
  'both predictors and a comparison': () => [
    ...['embedded', sources, '--train-predictors', '--compare', join(folder, 'one.py')],
  ],
  'a comparison with no profile': () => ['embedded', sources, '--compare', join(folder, 'one.py')],
  'a recall above 1': () => ['embedded', sources, '--train-predictors', '--recall', '2'],
  'too few tokens to train on': () => [
    'embedded',
    join(folder, 'one.py'),
    '--train-predictors',
    '--tokens',
    '50',
  ],
  'no tokens': () => ['embedded', sources, '--tokens', '0'],
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`profile of ${name}: exit code 2 and one clear line`, () => {
    const { status, stdout, stderr } = hotset('profile', ...args());
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
