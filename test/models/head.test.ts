/** Greedy tokens by the head's coarse plane and what it leaves open, against the whole product: real weights, real code. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateOptions, loadOptions, requireAddon, root } from '../engine/model.ts';
import { isWhole, sampleOf } from './extent.ts';
import { realModel } from './real-model.ts';

/** Code that the models go on with, from a later place each time; for 2,000 tokens in all where all are wanted. */
const files = ['extension/scheduling/change.ts', 'native/src/gguf/fingerprint.cpp'];
const turns = isWhole ? 4 : 1;
const promptTokens = 64;
const saidTokens = 250;

/** Probabilities divide by a sum of which the improbable tokens' part is coarse. */
const mostDifferent = 0.02;

for (const name of sampleOf(['qwen2.5-coder-0.5b', 'qwen2.5-coder-1.5b'])) {
  const model = await realModel(name);
  test(`${name}: greedy tokens are those of the whole head`, { skip: model.missing }, async () => {
    assert.ok(model.missing === false);
    const addon = requireAddon();
    addon.initialise(() => undefined);
    const options = { ...loadOptions, path: model.path, decoder: 'hybrid' as const, contextLength: 512 };
    const native = await addon.loadModel(options, () => undefined);
    const width = native.describe().vocabularySize;
    let compared = 0;
    let different = 0;
    for (const file of files) {
      const code = native.tokenize(readFileSync(join(root, file), 'utf8'), false);
      for (let turn = 0; turn < turns; turn++) {
        const prompt = code.subarray(turn * promptTokens, (turn + 1) * promptTokens);
        const said = await native.generate(
          prompt,
          { ...generateOptions, maxTokens: saidTokens },
          () => undefined,
        );
        const logits = await native.logits(Int32Array.from([...prompt, ...said.tokens]));
        for (const [index, token] of said.tokens.entries()) {
          const place = prompt.length - 1 + index;
          const row = logits.subarray(place * width, (place + 1) * width);
          const best = indexOfLargest(row);
          assert.equal(token, best, `${file}, turn ${turn}, token ${index}`);
          const probability = said.tokenProbabilities[index] ?? NaN;
          different = Math.max(different, Math.abs(probability - probabilityOf(row, best)));
          compared++;
        }
      }
    }
    await native.release();
    console.log(`${compared} tokens agree; probabilities differ by ${different.toFixed(4)} at most`);
    assert.equal(compared, files.length * turns * saidTokens);
    assert.ok(different < mostDifferent, `probabilities differ by ${different}`);
  });
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let index = 1; index < row.length; index++) {
    if ((row[index] ?? NaN) > (row[best] ?? NaN)) best = index;
  }
  return best;
}

/** Of the token with the highest logit. */
function probabilityOf(row: Float32Array, best: number): number {
  const highest = row[best] ?? NaN;
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - highest);
  return 1 / sum;
}
