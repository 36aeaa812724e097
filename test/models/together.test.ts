/** Several texts in one pass say what each says alone, to the last bit: real weights, real code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NativeLoadOptions } from '../../extension/engine/addon.ts';
import { generateOptions, loadOptions, requireAddon, root } from '../engine/model.ts';
import { sampleOf } from './extent.ts';
import { realModel } from './real-model.ts';

const parallel = 16;
const promptTokens = 24;
const saidTokens = 32;

/** That need no profile; thresholds that follow a text are tested on small models (`together_test.cpp`). */
const modes: Readonly<Record<string, Partial<NativeLoadOptions>>> = {
  dense: { mode: 'dense' },
  'half of the neurons left out': {
    mode: 'thresholded',
    selection: 'product',
    threshold: { by: 'top', at: 0.5 },
  },
};

for (const name of sampleOf(['qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b'])) {
  const model = await realModel(name);
  for (const [what, mode] of Object.entries(modes)) {
    test(
      `${name}, ${what}: sixteen texts together are those of each alone`,
      { skip: model.missing },
      async () => {
        assert.ok(model.missing === false);
        const addon = requireAddon();
        addon.initialise(() => undefined);
        const options: NativeLoadOptions = {
          ...loadOptions,
          ...mode,
          path: model.path,
          decoder: 'hybrid',
          contextLength: 512,
          parallel,
        };
        const native = await addon.loadModel(options, () => undefined);
        assert.equal(native.describe().parallel, parallel);
        const code = native.tokenize(
          readFileSync(join(root, 'extension/scheduling/change.ts'), 'utf8'),
          false,
        );
        const prompts = Array.from({ length: parallel + 2 }, (_, text) =>
          code.subarray(promptTokens * text, promptTokens * (text + 1) + text),
        );
        const asked = { ...generateOptions, maxTokens: saidTokens, draft: false };
        const together = await Promise.all(
          prompts.map((prompt) => native.generateTogether(prompt, asked, () => undefined).generation),
        );
        for (const [text, said] of together.entries()) {
          const prompt = prompts[text] ?? new Int32Array(0);
          const alone = await native.generate(
            prompt,
            { ...asked, sequence: `alone ${text}` },
            () => undefined,
          );
          assert.deepEqual(said.tokens, alone.tokens, `text ${text}`);
          assert.deepEqual(said.tokenProbabilities, alone.tokenProbabilities, `text ${text}`);
          assert.equal(said.activity, alone.activity, `text ${text}`);
        }
        await native.release();
      },
    );
  }
}
