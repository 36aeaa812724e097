/** The addon in other processes, threads and versions of Node: it neither crashes nor hangs when they end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { addonPath, embeddedModelPath } from './model.ts';

const script = join(import.meta.dirname, 'addon-process.mjs');

/** Every Node of this machine: the development one, and the system's behind npm's folders. */
function nodes(): string[] {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  return found === undefined ? [process.execPath] : [process.execPath, found];
}

function run(node: string, purpose: string): string {
  const ended = spawnSync(node, [script, addonPath, embeddedModelPath(), purpose], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(ended.error, undefined);
  assert.equal(ended.signal, null, ended.stderr);
  assert.equal(ended.status, 0, ended.stderr);
  assert.equal(ended.stderr, '');
  return ended.stdout.trim();
}

for (const node of nodes()) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();

  test(`Node ${version} loads the addon, and ends by itself though the model was not disposed of`, () => {
    assert.match(run(node, 'complete'), /^(maxTokens|endOfText)$/);
  });

  test(`Node ${version} ends right after the addon began to log`, () => {
    assert.equal(run(node, 'initialise'), '');
  });

  test(`Node ${version} leaves in the middle of a completion, with all its threads ended before`, () => {
    assert.equal(run(node, 'exit'), process.platform === 'linux' ? '2' : 'NaN');
  });

  test(`Node ${version} terminates a worker thread in the middle of a completion`, () => {
    assert.match(run(node, 'terminate'), /^(maxTokens|endOfText)$/);
  });
}
