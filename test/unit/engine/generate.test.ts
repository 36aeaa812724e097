/** Ending a generation early, with a model that goes on for a while. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeGenerateOptions, NativeGeneration } from '../../../extension/engine/addon.ts';
import { generate } from '../../../extension/engine/completion/generate.ts';

const options: NativeGenerateOptions = {
  maxTokens: 10,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  topK: 40,
  topP: 1,
  minP: 0,
  seed: 0,
};

/** @param late pieces that come after cancelling */
async function generated(pieces: readonly string[], late: readonly string[], signal: AbortSignal) {
  let isCancelled = false;
  const model = {
    cancel: () => {
      isCancelled = true;
    },
    generate: (_prompt: Int32Array, _options: unknown, onText: (text: string) => void) => {
      let text = '';
      const say = (piece: string) => {
        text += piece;
        onText(piece);
      };
      for (const piece of pieces) if (!isCancelled) say(piece);
      for (const piece of late) say(piece);
      return Promise.resolve({ text } as NativeGeneration);
    },
  };
  const control = { signal, onText: () => undefined, isDone: (text: string) => text.includes(';') };
  const { generation, isDone } = await generate(model, Int32Array.of(1), options, control);
  return { text: generation.text, isDone };
}

test('the text is the one that was judged to be all, however late the model ends', async () => {
  const { signal } = new AbortController();
  const expected = { text: 'a = 1;', isDone: true };
  assert.deepEqual(await generated(['a', ' = 1;', '\n'], [], signal), expected);
  assert.deepEqual(await generated(['a', ' = 1;'], ['\n', 'b;'], signal), expected);
});

test('a text that is never judged to be all is whole', async () => {
  const { signal } = new AbortController();
  assert.deepEqual(await generated(['a', ' = 1'], ['\n'], signal), { text: 'a = 1\n', isDone: false });
});

test('what the caller cancelled is not done', async () => {
  const { isDone } = await generated(['a', ';'], ['b'], AbortSignal.abort());
  assert.equal(isDone, false);
});
