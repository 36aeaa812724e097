import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { modelPath, removeModel } from '../../../extension/models/model-folder.ts';
import { verifyModel } from '../../../extension/models/verify-model.ts';
import { entryFor } from './model-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-verify-'));
const bytes = new Uint8Array(3 << 20).fill(7);
const entry = entryFor(bytes);

after(() => {
  rmSync(folder, { recursive: true });
});

test('verifying tells how far it is, and can be ended', async () => {
  writeFileSync(modelPath(entry, folder), bytes);
  const seen: number[] = [];
  assert.equal(await verifyModel(entry, folder, { onProgress: (read) => seen.push(read) }), 'right');
  assert.equal(seen.at(-1), bytes.length);
  assert.ok(seen.length > 1);

  const controller = new AbortController();
  const ended = verifyModel(entry, folder, {
    signal: controller.signal,
    onProgress: () => {
      controller.abort();
    },
  });
  await assert.rejects(ended, { name: 'AbortError' });
});

test('a model is removed with its parts and its note, and nothing else is', async () => {
  const { name } = entry.file;
  for (const file of [name, `${name}.sha256`, `${name}.0123456789ab.part`, 'other.gguf'])
    writeFileSync(join(folder, file), 'x');
  await removeModel(entry, folder);
  assert.deepEqual(readdirSync(folder), ['other.gguf']);
});
