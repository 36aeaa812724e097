/** How sure a real model is of what it suggests, against what is right. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHeldOut } from '../../extension/engine/evaluation/held-out.ts';
import { lineTasks } from '../../extension/engine/evaluation/line-tasks.ts';
import { solveLine, type SuggestionRecord } from '../../extension/engine/evaluation/solve-line.ts';
import { suggestWith } from '../../extension/engine/evaluation/suggest.ts';
import { loadModel } from '../../extension/engine/model/load-model.ts';
import { loadParams } from '../engine/engine-client.ts';
import { requireAddon, root } from '../engine/model.ts';
import { realModel } from './real-model.ts';

const model = await realModel('qwen2.5-coder-0.5b');

/** Of one file, some of which nobody could foretell; short prompts, for there are many of them. */
const linesAsked = 20;
const contextLength = 384;
const leastMargin = 0.25;

async function suggestions(path: string): Promise<SuggestionRecord[]> {
  const addon = requireAddon();
  addon.initialise(() => undefined);
  const tools = { addon, root, log: () => undefined, onProgress: () => undefined };
  const loaded = await loadModel({ ...loadParams, path, contextLength, threads: 1 }, tools);
  const suggest = suggestWith(loaded, new AbortController().signal);
  const records: (SuggestionRecord | null)[] = [];
  try {
    for (const [language, files] of readHeldOut([join(root, 'test', 'models', 'sample')])) {
      for (const task of lineTasks(files, linesAsked, 'confidence')) {
        records.push(await solveLine(task, language, suggest));
      }
    }
  } finally {
    await loaded.native.release();
  }
  return records.filter((record) => record !== null);
}

test('a known model is surer of what is right than of what is wrong', { skip: model.missing }, async () => {
  assert.ok(model.missing === false);
  const records = await suggestions(model.path);
  const means = [true, false].map((right) => {
    const some = records.filter((record) => record.right === right);
    assert.ok(some.length >= 4, `${some.length} suggestions of which right is ${String(right)}`);
    return some.reduce((sum, { confidence }) => sum + confidence, 0) / some.length;
  });
  const [ofRight = NaN, ofWrong = NaN] = means;
  console.log(
    `${records.length} suggestions: ${ofRight.toFixed(2)} sure of the right ones, ${ofWrong.toFixed(2)} of the others`,
  );
  assert.ok(ofRight - ofWrong > leastMargin, `${ofRight} of the right ones, ${ofWrong} of the wrong ones`);
});
