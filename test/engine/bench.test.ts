/** `hotset bench` on the embedded model: the bundled CLI, the addon, every contender for a moment. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { BenchmarkRow } from '../../extension/engine/benchmark/row.ts';
import type { QualityRow } from '../../extension/engine/benchmark/quality.ts';
import type { SettingRow } from '../../extension/engine/benchmark/settings-quality.ts';
import { root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-bench-'));

after(() => {
  rmSync(folder, { recursive: true });
});

function bench(...args: string[]) {
  const cli = join(root, 'dist', 'cli.cjs');
  return spawnSync(process.execPath, [cli, 'bench', ...args], { encoding: 'utf8' });
}

const quick = ['--rounds', '2', '--tokens', '8', '--prompt-tokens', '16', '--threads', '1'];

test('bench compares the decoders on one model, llama.cpp first, and draws them', () => {
  const picture = join(folder, 'chart.svg');
  const { status, stdout, stderr } = bench('--json', '--chart', picture, '--modes', 'exact,dense', ...quick);
  assert.equal(status, 0, stderr);
  const rows = JSON.parse(stdout) as BenchmarkRow[];
  assert.deepEqual(
    rows.map(({ decoder, mode }) => `${decoder} ${mode}`),
    ['llama.cpp dense', 'hybrid dense', 'hybrid exact'],
  );
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      assert.ok(typeof value !== 'number' || Number.isFinite(value), name);
    }
    assert.deepEqual(
      row.passes.map(({ tokens }) => tokens),
      [1, 2, 4, 6, 8],
    );
    assert.ok(row.passes.every(({ milliseconds, ratio }) => milliseconds > 0 && ratio > 0));
    assert.ok(row.shareOfByteLimit > 0 && row.shareDeviation >= 0 && row.readBandwidth > 1e8);
  }
  const [theirs, dense, exact] = rows;
  assert.ok(theirs !== undefined && dense !== undefined && exact !== undefined);
  assert.equal(theirs.ratioToLlamaCpp, 1);
  assert.equal(theirs.bytesPerToken, dense.bytesPerToken);
  assert.ok(exact.bytesPerToken < dense.bytesPerToken, 'exact mode reads no less than dense');
  assert.ok(exact.activity !== null && exact.activity > 0 && exact.activity < 0.5);
  assert.match(readFileSync(picture, 'utf8'), /^<svg [^]*exact[^]*<\/svg>\n$/);
});

test('every mode the model allows takes part unless told otherwise, or it is said why not', () => {
  const { status, stdout, stderr } = bench(...quick);
  assert.equal(status, 0, stderr);
  for (const mode of ['dense', 'exact', 'predicted'])
    assert.match(stdout, new RegExp(`(hybrid +|Without )${mode}`));
  assert.match(stdout, /Tokens at once[^]*llama\.cpp +dense +[\d.]+ +[\d.]+ × [\d.]+/);
  assert.match(stdout, /processor's cache/);
});

test('bench --layers: a part of a shape, which says so and reads as many bytes fewer', () => {
  const [two, one] = ['2', '1'].map((layers) => {
    const shape = ['--shape', 'smollm2-360m', '--layers', layers, '--folder', join(folder, 'shapes')];
    const { status, stdout, stderr } = bench(...shape, '--json', '--modes', 'exact', ...quick);
    assert.equal(status, 0, stderr);
    const rows = JSON.parse(stdout) as BenchmarkRow[];
    assert.equal(rows[1]?.shape, `smollm2-360m (${layers} layers)`);
    return rows[0]?.bytesPerToken ?? Number.NaN;
  });
  // A layer's matrices in Q4_0: queries and output, keys and values, the neurons.
  const weights = 2 * 960 * 960 + 2 * 960 * 320 + 3 * 960 * 2560;
  const layer = (weights / 32) * 18;
  assert.ok(two !== undefined && one !== undefined);
  assert.ok(Math.abs(two - one - layer) / layer < 0.01, `${two - one} of ${layer}`);
});

test('bench --quality: exact mode agrees with dense, on text the caller names', () => {
  const file = join(root, 'extension', 'engine', 'errors.ts');
  const { status, stdout, stderr } = bench(
    '--quality',
    file,
    '--tokens',
    '300',
    '--json',
    '--modes',
    'exact',
  );
  assert.equal(status, 0, stderr);
  const [dense, exact, ...rest] = JSON.parse(stdout) as QualityRow[];
  assert.ok(dense !== undefined && exact !== undefined);
  assert.deepEqual(rest, []);
  assert.deepEqual([dense.mode, dense.agreement, dense.bitsPerByteChange], ['dense', 1, 0]);
  assert.equal(exact.mode, 'exact');
  assert.ok(exact.agreement >= 0.99, `${exact.agreement}`);
  assert.ok(Math.abs(exact.bitsPerByteChange) < 1e-3);
  assert.ok(dense.bitsPerByte > 0.1 && dense.bitsPerByte < 3, `${dense.bitsPerByte}`);
  assert.ok(dense.tokens >= 290 && dense.bytes > dense.tokens);
  assert.ok(exact.activity !== null && exact.activity > 0 && exact.computed === 1);
});

test('bench --quality --thresholds: a controller holds the mass that it was asked for', () => {
  // Long enough for what comes before a controller has settled to be a small part of it.
  const files = ['engine.ts', 'addon.ts'].map((name) => join(root, 'extension', 'engine', name));
  const settings = 'none,learned-dynamic:0.8,learned-dynamic:0.95';
  const { status, stdout, stderr } = bench(
    '--quality',
    ...files,
    '--tokens',
    '2000',
    '--json',
    '--thresholds',
    settings,
  );
  assert.equal(status, 0, stderr);
  const rows = JSON.parse(stdout) as SettingRow[];
  assert.deepEqual(
    rows.map(({ setting }) => setting),
    settings.split(','),
  );
  const [dense, low, high] = rows;
  assert.ok(dense !== undefined && low !== undefined && high !== undefined);
  assert.deepEqual([dense.change.bitsPerByte, dense.agreement.share, dense.adapting], [0, 1, null]);
  assert.ok(Math.abs((low.recall ?? 0) - 0.8) < 0.05, `${low.recall}`);
  assert.ok(Math.abs((high.recall ?? 0) - 0.95) < 0.03, `${high.recall}`);
  assert.ok(low.agreement.share < high.agreement.share);
  assert.ok(low.agreement.low <= low.agreement.share && low.agreement.share <= low.agreement.high);
  assert.ok(low.adapting !== null && low.adapting > 0 && low.adapting < 1);
});

const badInputs: Record<string, string[]> = {
  'a place': ['test/fixtures/rectangle.ts:7:5'],
  'no model': ['--model', join(folder, 'none.gguf')],
  'a mode nobody knows': ['--modes', 'exact,magic'],
  'no mode': ['--modes', ''],
  'a mode the model does not allow': ['--modes', 'thresholded', ...quick],
  'a selection nobody knows': ['--selection', 'best'],
  'a threshold without a number': ['--threshold', 'mass'],
  'a setting nobody knows': ['--quality', 'README.md', '--thresholds', 'none,best:1'],
  'a setting for what is written': ['--quality', 'README.md', '--thresholds', 'none,product-verified:0.5'],
  'no rounds': ['--rounds', '0'],
  'one token': ['--tokens', '1'],
  'a chart that is no SVG': ['--chart', join(folder, 'chart.png')],
  'quality without text': ['--quality'],
  'quality of no file': ['--quality', join(folder, 'none.py')],
  'quality of a folder': ['--quality', folder],
  'a chart of quality': ['--quality', 'README.md', '--chart', join(folder, 'chart.svg')],
  'a trace of quality': ['--quality', 'README.md', '--trace', join(folder, 'trace.json')],
  'a trace in no folder': ['--trace', join(folder, 'none', 'trace.json')],
  'a trace that is a folder': ['--trace', folder],
  'a model and a shape': ['--model', 'm.gguf', '--shape', 'llama-7b'],
  'a shape nobody knows': ['--shape', 'llama-8b', '--folder', folder],
  'an activity of no shape': ['--activity', '0.1'],
  'an activity out of bounds': ['--shape', 'llama-7b', '--activity', '10', '--folder', folder],
  'more layers than there are': ['--shape', 'llama-7b', '--layers', '33', '--folder', folder],
  'layers of no shape': ['--layers', '2'],
  'a quantisation nobody knows': ['--shape', 'llama-7b', '--quant', 'Q9', '--folder', folder],
  'quality of random weights': ['--quality', 'README.md', '--shape', 'llama-7b'],
  'a GPU budget that is no size': ['--gpu-budget', 'lots'],
  'a chart in no folder': ['--chart', join(folder, 'none', 'chart.svg')],
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`bench of ${name}: exit code 2 and one clear line`, () => {
    const { status, stdout, stderr } = bench(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
