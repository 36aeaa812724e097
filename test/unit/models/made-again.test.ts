import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cachedFiles, clearCache } from '../../../extension/models/made-again.ts';

const root = mkdtempSync(join(tmpdir(), 'hotset-cache-'));
after(() => {
  rmSync(root, { recursive: true });
});

function put(...path: string[]): void {
  const file = join(root, ...path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, 'twelve bytes');
}

void test('what can be made again is listed and removed, a model that was fetched stays', () => {
  assert.deepEqual(cachedFiles(root), []);
  put('packed', '0f-1e.packed.gguf');
  put('packed', '0f-1e.packed.gguf.123.partial');
  put('shapes', 'llama-7b.gguf');
  put('ab.neurons.gguf');
  put('device-rates.json');
  const kept = [
    join(root, 'models', 'qwen.gguf'),
    join(root, 'packed', 'notes.txt'),
    join(root, 'other.gguf'),
  ];
  put('models', 'qwen.gguf');
  put('packed', 'notes.txt');
  put('other.gguf');

  const files = cachedFiles(root);
  assert.deepEqual(
    files.map(({ path, bytes }) => [path.slice(root.length + 1), bytes]),
    [
      [join('packed', '0f-1e.packed.gguf'), 12],
      [join('packed', '0f-1e.packed.gguf.123.partial'), 12],
      ['ab.neurons.gguf', 12],
      [join('shapes', 'llama-7b.gguf'), 12],
      ['device-rates.json', 12],
    ],
  );
  assert.deepEqual(clearCache(files), []);
  assert.deepEqual(cachedFiles(root), []);
  assert.ok(kept.every((path) => existsSync(path)));
});
