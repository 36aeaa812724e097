/** What a real file lacks is said where it is loaded, in words that the editor shows once (`test/editor/model-faults.test.ts`). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EngineClient } from '../engine/engine-client.ts';
import { copyWithoutSplitting } from '../engine/gguf.ts';
import { realModel } from './real-model.ts';

const wanted = await realModel('smollm2-135m');
const folder = mkdtempSync(join(tmpdir(), 'hotset-warnings-'));

after(() => {
  rmSync(folder, { recursive: true });
});

async function warningsOf(path: string): Promise<readonly string[]> {
  const engine = new EngineClient();
  try {
    return (await engine.load({ path })).warnings;
  } finally {
    await engine.kill();
  }
}

test(
  'a chat model that can not fill in, as a whole file and without its way to split text',
  { skip: wanted.missing },
  async () => {
    if (!('path' in wanted)) return;
    const [infilling, ...others] = await warningsOf(wanted.path);
    assert.match(infilling ?? '', /no infilling tokens/);
    assert.deepEqual(others, []);
    const copy = join(folder, 'old.gguf');
    copyWithoutSplitting(wanted.path, copy);
    const warnings = await warningsOf(copy);
    assert.equal(warnings.length, 2, warnings.join());
    assert.ok(warnings.some((warning) => warning.includes('tokenizer.ggml.pre')));
  },
);
