/** The addon by itself, with the embedded model: what the engine relies on. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeAddon, NativeGeneration, NativeModel } from '../../extension/engine/addon.ts';
import { bytesOf } from '../../extension/models/cost/weights.ts';
import { writeModel } from './gguf.ts';
import { embeddedModelPath, generateOptions, loadOptions, requireAddon } from './model.ts';

const ignoreText = (): void => undefined;
const code = 'def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return';

const addon: NativeAddon = requireAddon();
const logged: string[] = [];
let model: NativeModel;
let prompt: Int32Array;

before(async () => {
  addon.initialise((level, message) => logged.push(`${level}: ${message}`));
  model = await addon.loadModel(loadOptions, ignoreText);
  prompt = model.tokenize(code, false);
});

after(() => {
  model.dispose();
});

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? -Infinity) ? index : best), 0);
}

function softmaxOf(logits: Float32Array, token: number): number {
  const largest = logits[indexOfLargest(logits)] ?? 0;
  const sum = logits.reduce((before, logit) => before + Math.exp(logit - largest), 0);
  return Math.exp((logits[token] ?? 0) - largest) / sum;
}

/** One token at a time and all at once round differently. */
function assertClose(actual: number, expected: number): void {
  assert.ok(Math.abs(Math.log(actual / expected)) < 0.02, `${actual}, not ${expected}`);
}

/** As many tokens as the context takes: a prefill long enough to be cancelled on the way. */
function longPrompt(): Int32Array {
  const tokens = model.tokenize(code.repeat(100), false);
  return tokens.slice(0, model.describe().contextLength - 8);
}

describe('loading', () => {
  test('keys and values in 8 bits take about half the memory and choose nearly the same tokens', async () => {
    const rounded = await addon.loadModel({ ...loadOptions, cacheType: 'q8_0' }, ignoreText);
    const [ours, theirs] = [model.describe(), rounded.describe()];
    assert.deepEqual([ours.cacheType, theirs.cacheType], ['f16', 'q8_0']);
    assert.equal(theirs.cacheBytesPerToken / ours.cacheBytesPerToken, 34 / 64);
    const [exact, near] = [await model.logits(prompt), await rounded.logits(prompt)];
    rounded.dispose();
    const width = ours.vocabularySize;
    let same = 0;
    let squares = 0;
    for (let at = 0; at < exact.length; at += width) {
      const [mine, other] = [exact.subarray(at, at + width), near.subarray(at, at + width)];
      if (indexOfLargest(mine) === indexOfLargest(other)) same++;
      squares += mine.reduce((sum, logit, i) => sum + (logit - (other[i] ?? NaN)) ** 2, 0);
    }
    const difference = Math.sqrt(squares / exact.length);
    assert.ok(same / prompt.length > 0.9, `${same} of ${prompt.length}`);
    assert.ok(difference > 0 && difference < 0.05, `${difference} on average`);
  });

  test('where keys and values can not be kept in 8 bits, the log says why', async () => {
    const { length } = logged;
    const elsewhere = { ...loadOptions, decoder: 'llama.cpp', ignoreHiddenActivation: true } as const;
    const loaded = await addon.loadModel({ ...elsewhere, cacheType: 'q8_0' }, ignoreText);
    assert.equal(loaded.describe().cacheType, 'f16');
    loaded.dispose();
    const warnings = logged.slice(length).filter((line) => line.startsWith('warn'));
    assert.deepEqual(warnings, [
      'warn: keys and values are kept in f16, not in q8_0: llama.cpp decodes this model',
    ]);
  });

  test('a kind of cache that there is not is refused by name', async () => {
    const cacheType = 'q3_0' as 'q8_0';
    await assert.rejects(addon.loadModel({ ...loadOptions, cacheType }, ignoreText), /cacheType/);
  });

  test('reports progress up to 1 and describes the model', async () => {
    const fractions: number[] = [];
    const loaded = await addon.loadModel(loadOptions, (fraction) => fractions.push(fraction));
    const description = loaded.describe();
    loaded.dispose();
    assert.ok(fractions.length > 1);
    assert.deepEqual(
      fractions,
      fractions.toSorted((a, b) => a - b),
    );
    assert.equal(fractions.at(-1), 1);
    assert.equal(description.architecture, 'llama');
    assert.equal(description.decoder, 'hybrid');
    assert.equal(description.mode, 'exact');
    assert.equal(description.threads, 2);
    assert.ok(description.fim);
    assert.ok(description.contextLength <= description.trainedContextLength);
    assert.ok(description.vocabularySize > 1000);
  });

  test('0 threads means as many as pay off, at most one for each processor', async () => {
    const loaded = await addon.loadModel({ ...loadOptions, threads: 0 }, ignoreText);
    const { threads } = loaded.describe();
    loaded.dispose();
    assert.ok(threads >= 1 && threads <= availableParallelism(), String(threads));
  });

  test('llama.cpp runs a ReLU model only when told that its output is wrong', async () => {
    const options = { ...loadOptions, decoder: 'llama.cpp' as const };
    await assert.rejects(addon.loadModel(options, ignoreText), {
      code: 'BAD_INPUT',
      message: /trained with ReLU/,
    });
    const loaded = await addon.loadModel({ ...options, ignoreHiddenActivation: true }, ignoreText);
    assert.equal(loaded.describe().decoder, 'llama.cpp');
    const generation = await loaded.generate(prompt, generateOptions, ignoreText);
    assert.equal(generation.tokens.length, generateOptions.maxTokens);
    loaded.dispose();
  });
});

describe('bad models', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'hotset-'))));
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function assertRefused(path: string, code: string, message: RegExp): Promise<void> {
    await assert.rejects(
      addon.loadModel({ ...loadOptions, path }, ignoreText),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
    const generation = await model.generate(prompt, generateOptions, ignoreText);
    assert.equal(generation.promptTokens, prompt.length, 'the model that is loaded answers as before');
  }

  test('no file', () => assertRefused(join(folder, 'none.gguf'), 'BAD_INPUT', /no such file/));
  test('a directory', () => assertRefused(folder, 'BAD_INPUT', /directory/));
  test('a text file', async () => {
    const path = join(folder, 'text.gguf');
    writeFileSync(path, 'hello');
    await assertRefused(path, 'BAD_MODEL', /not a GGUF file/);
  });
  test('a truncated file', async () => {
    const path = join(folder, 'truncated.gguf');
    copyFileSync(embeddedModelPath(), path);
    truncateSync(path, 1_000_000);
    await assertRefused(path, 'BAD_MODEL', /truncated|ends|outside|beyond/);
  });
  test('an architecture that nobody knows', async () => {
    const path = join(folder, 'unknown.gguf');
    writeModel(path, 'abacus', [64, 64]);
    await assertRefused(path, 'BAD_MODEL', /unknown model architecture: 'abacus'/);
  });
  test('a model larger than memory', async () => {
    const path = join(folder, 'huge.gguf');
    writeModel(path, 'gpt2', [2 ** 20, 2 ** 18]);
    await assertRefused(path, 'OUT_OF_MEMORY', /needs 10\d\d\.\d GiB of memory, \d+\.\d GiB are free/);
  });
  test('options of the wrong kind', async () => {
    const wrong = { ...loadOptions, contextLength: 0.5 };
    await assert.rejects(addon.loadModel(wrong, ignoreText), { code: 'BAD_INPUT', message: /contextLength/ });
  });
});

describe('text and tokens', () => {
  test('tokens give back the text they were made of', () => {
    const text = 'naïve = "💡"\n\tif x:  # end';
    assert.equal(model.detokenize(model.tokenize(text, false)), text);
  });
  test('a token that is no Int32Array is refused', () => {
    // @ts-expect-error: what JavaScript may still pass
    assert.throws(() => model.detokenize([1, 2]), { code: 'BAD_INPUT', message: /Int32Array/ });
  });
});

describe('healing', () => {
  const text = 'function area(width: number, height: number): number {\r\n\tretur';

  test('half a word is taken back, and what is generated begins with it', async () => {
    const { tokens, held } = model.tokenizeHealed(text);
    assert.equal(model.detokenize(tokens) + Buffer.from(held).toString(), text);
    assert.ok(Buffer.from(held).toString().endsWith('retur'));
    const generation = await model.generate(tokens, { ...generateOptions, held }, ignoreText);
    assert.match(generation.text, /^n\b/);
    assert.equal(generation.textEnds.at(-1), Buffer.byteLength(generation.text));
    assert.equal(
      generation.textEnds[0],
      Buffer.byteLength(model.detokenize(generation.tokens.subarray(0, 1))) - 5,
    );
  });
  test('held bytes that are no Uint8Array are refused', async () => {
    // @ts-expect-error: what JavaScript may still pass
    const generating = model.generate(prompt, { ...generateOptions, held: 'retur' }, ignoreText);
    await assert.rejects(generating, { code: 'BAD_INPUT', message: /Uint8Array/ });
  });
});

describe('drafts', () => {
  test('change nothing that is said, and are told of', async () => {
    const options = { ...generateOptions, maxTokens: 48, sequence: 'drafts' };
    const plain = await model.generate(prompt, options, ignoreText);
    assert.equal(plain.passes, plain.tokens.length);
    const drafted = await model.generate(prompt, { ...options, draft: true }, ignoreText);
    assert.deepEqual(drafted.tokens, plain.tokens);
    const counts = Object.values(drafted.drafts);
    assert.ok(counts.some((count) => count.drafted > 0));
    assert.ok(counts.every(({ accepted, drafted: all }) => accepted <= all));
    const accepted = counts.reduce((sum, count) => sum + count.accepted, 0);
    assert.equal(drafted.passes, drafted.tokens.length - accepted);
    const again = await model.generate(prompt, { ...options, draft: true }, ignoreText);
    assert.deepEqual(again.tokens, plain.tokens);
  });
  test('what several tokens at once cost is measured in rounds', async () => {
    const took = await model.passMilliseconds(prompt, Int32Array.of(1, 4), 3);
    assert.equal(took.length, 6);
    assert.ok(took.every((milliseconds) => milliseconds > 0));
    const { tokens } = await model.generate(prompt, { ...generateOptions, maxTokens: 4 }, ignoreText);
    assert.equal(tokens.length, 4);
    const tooMany = model.passMilliseconds(prompt, Int32Array.of(9), 1);
    await assert.rejects(tooMany, { code: 'BAD_INPUT', message: /1 to 8 tokens/ });
  });
});

describe('sequences', () => {
  test('documents are computed once, by turns', async () => {
    const options = { ...generateOptions, maxTokens: 4 };
    const other = model.tokenize('class Queue:\n    def __init__(self):\n        self.items =', false);
    await model.generate(prompt, { ...options, sequence: 'a.py' }, ignoreText);
    await model.generate(other, { ...options, sequence: 'b.py' }, ignoreText);
    const again = await model.generate(prompt, { ...options, sequence: 'a.py' }, ignoreText);
    assert.equal(again.cachedTokens, prompt.length - 1);
    assert.equal(again.prefilledTokens, 1);
    const there = await model.generate(other, { ...options, sequence: 'b.py' }, ignoreText);
    assert.equal(there.cachedTokens, other.length - 1);
  });

  test('what was prefilled under one name serves another', async () => {
    const ahead = model.tokenize('type Shape = Circle | Square;\n'.repeat(20), false);
    const whole = await model.prefill(ahead, { sequence: 'c.ts, next' });
    assert.ok(whole.isWhole && whole.computedTokens > ahead.length - 8);
    const { cachedTokens } = await model.generate(
      ahead,
      { ...generateOptions, sequence: 'c.ts' },
      ignoreText,
    );
    assert.equal(cachedTokens, ahead.length - 1);
    assert.equal((await model.prefill(ahead, { sequence: 'c.ts, next' })).computedTokens, 0);
  });

  test('a prefill that is cancelled keeps what it has computed', async () => {
    const tokens = longPrompt();
    tokens.set(model.tokenize('# prefilled ahead', false));
    const running = model.prefill(tokens, { sequence: 'long' });
    await sleep(30);
    model.cancel();
    const { isWhole, computedTokens } = await running;
    const rest = await model.prefill(tokens, { sequence: 'long' });
    assert.ok(rest.isWhole);
    if (!isWhole) assert.equal(computedTokens + rest.computedTokens, tokens.length);
  });

  test('a prefill without a sequence is refused', async () => {
    // @ts-expect-error: what JavaScript may still pass
    await assert.rejects(model.prefill(prompt, {}), { code: 'BAD_INPUT', message: /sequence/ });
  });
});

describe('generating', () => {
  test('streams the very text it returns, and serves the same prompt from the cache', async () => {
    const streamed: string[] = [];
    const first = await model.generate(prompt, generateOptions, (text) => streamed.push(text));
    const second = await model.generate(prompt, generateOptions, ignoreText);
    assert.ok(first.text.length > 0);
    assert.equal(streamed.join(''), first.text);
    assert.equal(second.text, first.text);
    assert.equal(second.cachedTokens, prompt.length - 1);
    assert.equal(first.textEnds.length, first.tokens.length);
    assert.equal(first.textEnds.at(-1), Buffer.byteLength(first.text));
    assert.ok(first.timeToFirstTokenMs >= first.prefillMs);
    assert.ok(first.activity !== null && first.activity > 0 && first.activity < 1);
  });

  test('greedy decoding takes the largest logit', async () => {
    const logits = await model.logits(prompt);
    const size = model.describe().vocabularySize;
    assert.equal(logits.length, prompt.length * size);
    const generation = await model.generate(prompt, generateOptions, ignoreText);
    assert.equal(generation.cachedTokens, 0, 'logits() leaves the cache empty');
    assert.equal(generation.tokens[0], indexOfLargest(logits.subarray(-size)));
  });

  test('probabilities are those of the logits, greedy or sampled', async () => {
    const size = model.describe().vocabularySize;
    const sampled = { ...generateOptions, temperature: 2, topK: 5, seed: 3 };
    const untilTheEnd = { ...generateOptions, maxTokens: 200, ignoreEndOfText: false };
    for (const options of [generateOptions, sampled, untilTheEnd]) {
      const { tokens, tokenProbabilities, endProbability, stopReason } = await model.generate(
        prompt,
        options,
        ignoreText,
      );
      assert.equal(tokenProbabilities.length, tokens.length);
      assert.equal(endProbability !== null, stopReason === 'endOfText');
      const logits = await model.logits(Int32Array.of(...prompt, ...tokens));
      const rowBefore = (index: number) =>
        logits.subarray((prompt.length + index - 1) * size, (prompt.length + index) * size);
      for (const [index, token] of tokens.entries()) {
        assertClose(tokenProbabilities[index] ?? 0, softmaxOf(rowBefore(index), token));
      }
    }
  });

  test('a seed makes sampling repeatable', async () => {
    const options = {
      ...generateOptions,
      temperature: 1.5,
      topK: 0,
      topP: 1,
      minP: 0,
    };
    const tokensOf = async (seed: number): Promise<number[]> =>
      Array.from((await model.generate(prompt, { ...options, seed }, ignoreText)).tokens);
    // The cache first: the last token of a prompt, computed alone, rounds otherwise than with the whole prompt.
    await tokensOf(6);
    assert.deepEqual(await tokensOf(7), await tokensOf(7));
    assert.notDeepEqual(await tokensOf(7), await tokensOf(8));
  });

  test('decodes as many tokens as asked for when the end of text is ignored', async () => {
    const options = { ...generateOptions, maxTokens: 200 };
    const generation = await model.generate(prompt, options, ignoreText);
    assert.equal(generation.tokens.length, 200);
    assert.equal(generation.stopReason, 'maxTokens');
  });

  test('calls are queued', async () => {
    const other = model.tokenize('class Queue:\n    def', false);
    const [first, second] = await Promise.all([
      model.generate(prompt, generateOptions, ignoreText),
      model.generate(other, generateOptions, ignoreText),
    ]);
    assert.equal(first.text, (await model.generate(prompt, generateOptions, ignoreText)).text);
    assert.equal(second.text, (await model.generate(other, generateOptions, ignoreText)).text);
  });

  test('bad requests reject and change nothing', async () => {
    const empty = model.generate(new Int32Array(), generateOptions, ignoreText);
    await assert.rejects(empty, { code: 'BAD_INPUT', message: /prompt is empty/ });
    const unknown = model.generate(Int32Array.of(1_000_000), generateOptions, ignoreText);
    await assert.rejects(unknown, { code: 'BAD_INPUT', message: /no token 1000000/ });
    const cold = model.generate(prompt, { ...generateOptions, temperature: -1 }, ignoreText);
    await assert.rejects(cold, { code: 'BAD_INPUT', message: /temperature/ });
  });

  test('what the listener throws rejects the call', async () => {
    const failing = model.generate(prompt, generateOptions, () => {
      throw new RangeError('mine');
    });
    await assert.rejects(failing, { name: 'RangeError', message: 'mine' });
  });
});

describe('cancelling', () => {
  /** On a machine that is busy with other things, few cancellations come when they are meant to. */
  const mostRounds = 10;

  test('ends decoding with what was generated', async () => {
    let pieces = 0;
    const generation = await model.generate(prompt, { ...generateOptions, maxTokens: 900 }, () => {
      if (++pieces === 3) model.cancel();
    });
    assert.equal(generation.stopReason, 'cancelled');
    assert.ok(generation.tokens.length >= 3 && generation.tokens.length < 900);
  });

  test('takes effect inside a long prefill', async () => {
    await model.logits(prompt); // empties the cache
    const tokens = longPrompt();
    const whole = await model.generate(tokens, { ...generateOptions, maxTokens: 1 }, ignoreText);

    // When exactly the flag is seen is up to the machine; one of these many falls between two parts of the prompt.
    const shares = Array.from({ length: 19 }, (_, step) => 0.95 - step * 0.05);
    for (const share of Array.from({ length: mostRounds }, () => shares).flat()) {
      await model.logits(prompt);
      const running = model.generate(tokens, generateOptions, ignoreText);
      await sleep(whole.prefillMs * share);
      model.cancel();
      const cancelled = await running;
      if (cancelled.stopReason !== 'cancelled' || cancelled.tokens.length > 0) continue;
      const { cachedTokens } = await model.generate(tokens, { ...generateOptions, maxTokens: 1 }, ignoreText);
      if (cachedTokens > prompt.length && cachedTokens < tokens.length - 1) return;
    }
    assert.fail('no cancellation left a part of the prompt behind');
  });

  test('reaches the calls that wait, and none that come later', async () => {
    await model.logits(prompt); // empties the cache, so that the first one is not through before it is cancelled
    const waiting = [1, 2, 3].map(() => model.generate(longPrompt(), generateOptions, ignoreText));
    model.cancel();
    const later = model.generate(prompt, generateOptions, ignoreText);
    for (const generation of await Promise.all(waiting)) assert.equal(generation.stopReason, 'cancelled');
    assert.notEqual((await later).stopReason, 'cancelled');
  });
});

describe('disposing', () => {
  test('ends what runs and rejects what comes', async () => {
    const loaded = await addon.loadModel(loadOptions, ignoreText);
    const running = loaded.generate(prompt, { ...generateOptions, maxTokens: 900 }, ignoreText);
    loaded.dispose();
    const ended: NativeGeneration = await running;
    assert.equal(ended.stopReason, 'cancelled');
    await assert.rejects(loaded.generate(prompt, generateOptions, ignoreText), { code: 'BAD_INPUT' });
    assert.throws(() => loaded.describe(), { code: 'BAD_INPUT', message: /disposed/ });
    loaded.dispose();
    loaded.cancel();
  });
});

describe('releasing', () => {
  test('ends what runs, and settles when the memory is free', async () => {
    const loaded = await addon.loadModel(loadOptions, ignoreText);
    const running = loaded.generate(prompt, { ...generateOptions, maxTokens: 900 }, ignoreText);
    const before = process.memoryUsage.rss();
    await loaded.release();
    assert.ok(process.memoryUsage.rss() < before - 4e6, `${before} ${process.memoryUsage.rss()}`);
    assert.equal((await running).stopReason, 'cancelled');
    await assert.rejects(loaded.generate(prompt, generateOptions, ignoreText), { code: 'BAD_INPUT' });
    await assert.rejects(loaded.release(), { code: 'BAD_INPUT', message: /disposed/ });
  });
});

test('nothing of all this was logged as an error', () => {
  assert.deepEqual(
    logged.filter((line) => line.startsWith('error')),
    [],
  );
});

describe('the processor', () => {
  test('is measured for every number of threads, and a measurement that is cancelled says nothing', async () => {
    const cancelled = addon.measureProcessor();
    await assert.rejects(addon.measureProcessor(), /being measured already/);
    addon.cancelMeasuring();
    assert.equal(await cancelled, null);

    const rates = await addon.measureProcessor();
    assert.ok(rates !== null);
    assert.ok(rates.cores >= 1 && rates.cores <= availableParallelism());
    const threads = rates.steps.map((step) => step.threads);
    assert.deepEqual([threads.at(0), threads.at(-1)], [1, rates.cores]);
    assert.equal(rates.products.length % threads.length, 0);
    const types = rates.products.map(({ type }) => type);
    for (const type of ['Q4_K', 'F16']) assert.ok(types.includes(type), type);
    // Under the names that weights are costed by.
    for (const type of types) assert.ok(bytesOf(type, 256) > 0);
  });
});
