/** The meter over an addon that computes nothing: tokens are counted by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  NativeAddon,
  NativeGeneration,
  NativeModel,
  NativePrefill,
} from '../../../../../extension/engine/addon.ts';
import { WorkMeter } from '../../../../../extension/engine/evaluation/typing/work-meter.ts';

type Script = Pick<NativeGeneration, 'cachedTokens'> & { readonly text: string; readonly decoded: number };

/** A model whose generations are told beforehand. */
function scripted(generations: Script[]) {
  const meter = new WorkMeter();
  const model = {
    describe: () => ({ name: 'scripted' }),
    generate: (prompt: Int32Array, _options: unknown, onText: (text: string) => void) => {
      const script = generations.shift();
      assert.ok(script !== undefined);
      onText(script.text);
      const { cachedTokens, decoded } = script;
      const tokens = new Int32Array(decoded);
      const prefilledTokens = prompt.length - cachedTokens;
      return Promise.resolve({ cachedTokens, prefilledTokens, tokens, prefillMs: 8, decodeMs: decoded });
    },
    prefill: (_prompt: Int32Array, result: unknown) => Promise.resolve(result),
  } as unknown as NativeModel;
  const addon = { loadModel: () => Promise.resolve(model) } as unknown as NativeAddon;
  const loaded = meter.watch(addon).loadModel({} as never, () => undefined);
  const generate = async (...prompt: number[]) =>
    await (await loaded).generate(Int32Array.from(prompt), {} as never, () => undefined);
  const prefill = async (prompt: number[], result: Omit<NativePrefill, 'milliseconds' | 'held'>) =>
    await (await loaded).prefill(Int32Array.from(prompt), result as never);
  return { meter, generate, prefill, loaded };
}

test('tokens count for the keystroke after which they were asked for', async () => {
  const { meter, generate } = scripted([
    { cachedTokens: 0, text: 'a', decoded: 2 },
    { cachedTokens: 3, text: 'b', decoded: 1 },
    { cachedTokens: 4, text: 'c', decoded: 5 },
  ]);
  await generate(1, 2, 3);
  meter.key = 0;
  await generate(1, 2, 3, 4);
  meter.key = 2;
  await generate(1, 2, 3, 4, 5, 6);
  assert.deepEqual(meter.perKey(3), [
    { prefilled: 1, ahead: 0, decoded: 1 },
    { prefilled: 0, ahead: 0, decoded: 0 },
    { prefilled: 2, ahead: 0, decoded: 5 },
  ]);
});

test('thrown away is what was neither shown nor found in the cache', async () => {
  const { meter, generate } = scripted([
    { cachedTokens: 0, text: 'never', decoded: 4 },
    { cachedTokens: 2, text: '\n  shown', decoded: 3 },
    { cachedTokens: 0, text: 'nor this', decoded: 1 },
  ]);
  assert.equal(meter.thrownAwayShare(), null);
  await generate(1, 2, 3, 4);
  // Two of its four tokens are found again, its four of text are not wanted.
  await generate(1, 2, 7, 8);
  meter.shown({ text: 'shown', overlap: 0 });
  await generate(9);
  assert.equal(meter.thrownAwayShare(), (2 + 4 + 2) / (4 + 4 + 2 + 3 + 1 + 1));
});

test('the newest generation that says it is the one that is shown', async () => {
  const { meter, generate } = scripted([
    { cachedTokens: 0, text: 'same', decoded: 4 },
    { cachedTokens: 0, text: 'same', decoded: 1 },
  ]);
  await generate(1);
  await generate(2);
  meter.shown({ text: 'am', overlap: 0 });
  assert.equal(meter.thrownAwayShare(), 5 / 7);
});

test('requests that were called off before their first token tell no times', async () => {
  const { meter, generate } = scripted([
    { cachedTokens: 0, text: 'ab', decoded: 4 },
    { cachedTokens: 0, text: '', decoded: 0 },
    { cachedTokens: 0, text: 'c', decoded: 2 },
  ]);
  const none = { prefillMsPerRequest: null, decodeMsPerRequest: null };
  assert.deepEqual(meter.requestFigures(), { requests: 0, cancelledRequests: 0, ...none });
  await generate(1);
  await generate(2);
  await generate(3);
  const times = { prefillMsPerRequest: 8, decodeMsPerRequest: 3 };
  assert.deepEqual(meter.requestFigures(), { requests: 3, cancelledRequests: 1, ...times });
});

test('what is computed ahead is told apart, and not thrown away where it is found later', async () => {
  const { meter, generate, prefill } = scripted([{ cachedTokens: 4, text: 'never', decoded: 1 }]);
  meter.key = 0;
  await prefill([1, 2, 3, 4, 5, 6, 7], { computedTokens: 3, isWhole: false });
  // The next one goes on where this one was called off.
  await prefill([1, 2, 3, 4, 5, 6, 7], { computedTokens: 1, isWhole: false });
  await generate(1, 2, 3, 4, 9);
  assert.deepEqual(meter.perKey(1), [{ prefilled: 1, ahead: 4, decoded: 1 }]);
  assert.equal(meter.requestFigures().requests, 1);
  assert.equal(meter.thrownAwayShare(), 2 / 6);
});

test('other methods work as ever', async () => {
  const { loaded } = scripted([]);
  assert.deepEqual((await loaded).describe(), { name: 'scripted' });
});
