/** `hotset` as a person or a script calls it: the bundled CLI, the addon, the embedded model. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CompleteResult } from '../../extension/protocol/requests.ts';
import { unfinished } from './engine-client.ts';
import { writeModel } from './gguf.ts';
import { embeddedModelPath, root } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-cli-'));
const source = join(folder, 'main.py');
writeFileSync(source, unfinished.prefix + unfinished.suffix);
const place = `${source}:6:20`;

after(() => {
  rmSync(folder, { recursive: true });
});

function hotset(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist', 'cli.cjs'), ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('complete --json prints text and every figure of the contract', () => {
  const { status, stdout, stderr } = hotset('complete', place, '--json');
  assert.equal(status, 0, stderr);
  const result = JSON.parse(stdout) as CompleteResult;
  assert.ok(result.text.length > 0, 'the model says nothing');
  for (const name of [
    'tokens',
    'promptTokens',
    'cachedTokens',
    'timeToFirstTokenMs',
    'tokensPerSecond',
  ] as const) {
    assert.equal(typeof result[name], 'number', name);
  }
  assert.equal(result.cachedTokens, 0);
  assert.equal(result.decoder, 'hybrid');
  for (const name of ['hot', 'cold', 'gpu', 'cpu', 'activity'] as const) {
    assert.equal(typeof result.neuronSplit[name], 'number', name);
  }
  assert.equal(result.neuronSplit.recall, null, 'exact mode predicts nothing');
});

test('--repeat serves the second request from the KV cache, and the same', () => {
  const { status, stdout } = hotset('complete', place, '--json', '--repeat', '3');
  assert.equal(status, 0);
  const results = JSON.parse(stdout) as CompleteResult[];
  assert.equal(results.length, 3);
  const [first, second] = results;
  assert.ok(first !== undefined && second !== undefined);
  assert.ok(second.cachedTokens > 0);
  assert.equal(second.text, first.text);
});

test('without --json the text stands at its place, above a table', () => {
  const { status, stdout } = hotset('complete', place);
  assert.equal(status, 0);
  assert.match(stdout, /^ {4}for argument in⟦[^]+⟧/);
  assert.match(stdout, /tokens\/s/);
});

test('help is printed for everything', () => {
  for (const args of [['--help'], ['complete', '--help'], ['bench', '-h'], ['place', '--help'], []]) {
    const { status, stdout } = hotset(...args);
    assert.equal(status, 0);
    assert.match(stdout, /hotset/);
  }
  assert.match(hotset('complete', '--help').stdout, /UTF-16/);
});

function model(name: string, write: (path: string) => void): string {
  const path = join(folder, name);
  write(path);
  return path;
}

const badInputs: Record<string, () => string[]> = {
  'no command of that name': () => ['compose'],
  'no place': () => ['complete'],
  'two places': () => ['complete', place, place],
  'a place without a position': () => ['complete', source],
  'no such file': () => ['complete', join(folder, 'none.py:1:1')],
  'a directory': () => ['complete', `${folder}:1:1`],
  'a line outside': () => ['complete', `${source}:99:1`],
  'a column outside': () => ['complete', `${source}:1:99`],
  'a file that is not UTF-8': () => {
    writeFileSync(join(folder, 'latin.py'), Buffer.from('# caf\xe9\n', 'latin1'));
    return ['complete', join(folder, 'latin.py:1:1')];
  },
  'an option nobody knows': () => ['complete', place, '--fast'],
  'an option without its value': () => ['complete', place, '--model'],
  'a number that is none': () => ['complete', place, '--max-tokens', 'many'],
  'a number out of bounds': () => ['complete', place, '--hot-threshold', '2'],
  'a choice that is none': () => ['complete', place, '--decoder', 'magic'],
  'no such model': () => ['complete', place, '--model', join(folder, 'none.gguf')],
  'a model that is a directory': () => ['complete', place, '--model', folder],
  'a truncated model': () => {
    const path = model('cut.gguf', (target) => {
      copyFileSync(embeddedModelPath(), target);
      truncateSync(target, 1_000_000);
    });
    return ['complete', place, '--model', path];
  },
  'an unsupported architecture': () => {
    const path = model('strange.gguf', (target) => {
      writeModel(target, 'perceptron', [64, 64]);
    });
    return ['complete', place, '--model', path];
  },
  'a model larger than memory': () => {
    const path = model('huge.gguf', (target) => {
      writeModel(target, 'gpt2', [2 ** 20, 2 ** 18]);
    });
    return ['complete', place, '--model', path];
  },
};

for (const [name, args] of Object.entries(badInputs)) {
  test(`${name}: exit code 2 and one clear line`, () => {
    const { status, stdout, stderr } = hotset(...args());
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^hotset: [^\n]{10,}\n$/);
  });
}
