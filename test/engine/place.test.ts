/** `hotset place`, and completing with what it places: the bundled CLI, the addon, the embedded model. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CompleteResult } from '../../extension/protocol/requests.ts';
import { root } from './model.ts';

/** Measured rates are kept here. */
const folder = mkdtempSync(join(tmpdir(), 'hotset-place-'));
after(() => {
  rmSync(folder, { recursive: true });
});

/** Mesa's own place for them: compiling them all again takes a minute. */
const shaders = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');

/** Short: a driver in software takes seconds for a long prompt. */
const source = join(folder, 'area.py');
writeFileSync(source, 'def area(width):\n    return \n');
const place = `${source}:2:12`;

/** Mesa's driver in software stands in for a GPU; ggml takes it only where it is named. */
const onGpu = ['--gpu-budget', '64MiB', '--device', 'Vulkan0', '--context-length', '256'];

function hotset(...args: string[]) {
  const env = {
    GGML_VK_VISIBLE_DEVICES: '0',
    ...process.env,
    XDG_CACHE_HOME: folder,
    MESA_SHADER_CACHE_DIR: shaders,
  };
  const options = { encoding: 'utf8', env } as const;
  return spawnSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], options);
}

test('advise says how much of each model lies on the GPU', { skip: process.platform !== 'linux' }, () => {
  const advise = ['models', 'advise', '--device', 'Vulkan0'];
  const { status, stdout, stderr } = hotset(...advise, '--gpu-budget', '1GiB', '--json');
  assert.equal(status, 0, stderr);
  const { machine, models } = JSON.parse(stdout) as {
    machine: { gpu: { memoryBytes: number; bytesPerSecond: number } };
    models: { forecast: { gpuLayers: number; decodeTokensPerSecond: number } }[];
  };
  assert.equal(machine.gpu.memoryBytes, 2 ** 30);
  assert.ok(machine.gpu.bytesPerSecond > 0);
  assert.ok(models.length > 0);
  for (const { forecast } of models) {
    assert.ok(forecast.gpuLayers >= 0 && forecast.gpuLayers <= 1);
    assert.ok(forecast.decodeTokensPerSecond > 0);
  }
  assert.match(hotset(...advise, '--gpu-budget', '1GiB').stdout, /on the GPU.*\n.* of 24 layers/);
  assert.doesNotMatch(hotset(...advise, '--gpu-budget', '0').stdout, /layers/);
});

test('place says what lies where, within the budget', { skip: process.platform !== 'linux' }, () => {
  const { status, stdout, stderr } = hotset('place', ...onGpu, '--json');
  assert.equal(status, 0, stderr);
  const placed = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal(placed['budgetBytes'], 64 * 2 ** 20);
  const bytes = Number(placed['gpuBytes']);
  assert.ok(bytes <= 64 * 2 ** 20 && bytes > 0);
  for (const name of ['tokensPerSecond', 'cpuTokensPerSecond', 'activationShare', 'neuronShare']) {
    assert.ok(Number.isFinite(placed[name]), name);
  }
  const report = hotset('place', ...onGpu);
  assert.equal(report.status, 0, report.stderr);
  for (const part of ['attention', 'head', 'MiB', 'expected', 'why'])
    assert.ok(report.stdout.includes(part), part);
});

test('a completion placed on a GPU is the same', { skip: process.platform !== 'linux' }, () => {
  const [without, placed] = [['--gpu-budget', '0'], onGpu].map((options) => {
    const { status, stdout, stderr } = hotset('complete', place, '--json', '--max-tokens', '8', ...options);
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as CompleteResult & { gpuBytes: number };
  });
  assert.ok(without !== undefined && placed !== undefined);
  assert.equal(placed.text, without.text);
  assert.equal(without.gpuBytes, 0);
  assert.ok(placed.gpuBytes > 0 && placed.gpuBytes <= 64 * 2 ** 20);
});

const badInputs: Record<string, string[]> = {
  'two models': ['place', 'a.gguf', 'b.gguf'],
  'no such model': ['place', join(folder, 'none.gguf'), ...onGpu],
  'a budget that is no size': ['place', '--gpu-budget', 'plenty'],
  'a budget without a unit': ['place', '--gpu-budget', '6'],
  'a negative budget': ['place', '--gpu-budget=-6GiB'],
  'a budget of nothing': ['place', '--gpu-budget', '0'],
  'a budget larger than the device': ['place', '--gpu-budget', '4000TiB', '--device', 'Vulkan0'],
  'a budget on a machine without a GPU of its own': ['place', '--gpu-budget', '1GiB'],
  'a device that is not there': ['place', '--gpu-budget', '1GiB', '--device', 'Abacus0'],
  'a context that is none': ['place', '--context-length', '3'],
  'a completion with a budget that is no size': ['complete', place, '--gpu-budget', 'plenty'],
  'a completion with more than the device has': ['complete', place, ...onGpu, '--gpu-budget', '4000TiB'],
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`${name}: exit code 2 and one clear line`, { skip: process.platform !== 'linux' }, () => {
    const { status, stdout, stderr } = hotset(...args);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
