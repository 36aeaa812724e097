/** Completions over the real protocol, by the engine process, the addon and the embedded model. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorCode } from '../../extension/protocol/requests.ts';
import { cancellation, completeParams, EngineClient, longCode, timed } from './engine-client.ts';

let engine: EngineClient;
let contextLength: number;

before(async () => {
  engine = new EngineClient();
  ({ contextLength } = await engine.load());
});

after(async () => {
  await engine.kill();
});

test('a completion brings text and every figure of the contract', async () => {
  const result = await engine.complete();
  assert.ok(result.text.length > 0, 'the model says nothing');
  assert.ok(result.tokens > 0 && result.tokens <= completeParams.maxTokens);
  const { evidence } = result;
  assert.ok(evidence !== null && evidence.tokens > 0 && evidence.tokens <= result.tokens + 1);
  assert.ok(evidence.minLogP <= 0 && evidence.sumLogP <= evidence.minLogP);
  assert.ok(result.promptTokens > 10);
  assert.ok(result.timeToFirstTokenMs > 0 && result.totalMs >= result.timeToFirstTokenMs);
  assert.equal(result.decoder, 'hybrid');
  const { hot, cold, gpu, cpu, activity } = result.neuronSplit;
  assert.ok(Math.abs(hot + cold - 1) < 1e-9 && Math.abs(gpu + cpu - 1) < 1e-9);
  assert.ok(activity !== null && activity > 0 && activity < 1);
});

test('the same request again is served from the KV cache, with the same text', async () => {
  const prefix = longCode(20) + completeParams.prefix;
  const first = await engine.complete({ prefix });
  const again = await engine.complete({ prefix });
  assert.equal(again.text, first.text);
  assert.equal(again.cachedTokens, again.promptTokens - 1);
});

test('one more typed character reuses nearly all of the prompt', async () => {
  const prefix = longCode(20) + completeParams.prefix;
  await engine.complete({ prefix });
  const typed = await engine.complete({ prefix: prefix + 'i' });
  assert.ok(
    typed.promptTokens - typed.cachedTokens <= 4,
    `${typed.promptTokens - typed.cachedTokens} new tokens`,
  );
});

test('typing on in a file longer than the context reuses nearly all of the prompt', async () => {
  const prefix = longCode(400);
  const typed = 'def total(items):\n    return sum(';
  let fresh = 0;
  let prompt = 0;
  await engine.complete({ prefix, maxTokens: 1 });
  for (let length = 1; length <= typed.length; length++) {
    const result = await engine.complete({ prefix: prefix + typed.slice(0, length), maxTokens: 1 });
    fresh += result.promptTokens - result.cachedTokens;
    prompt += result.promptTokens;
  }
  assert.ok(prompt / typed.length > contextLength / 2, 'the prompt does not fill the context');
  assert.ok(fresh < prompt / 10, `${fresh} of ${prompt} tokens were computed anew`);
});

test('statistics follow every completion', async () => {
  const before = engine.statistics.length;
  const result = await engine.complete({ prefix: 'import ' });
  assert.equal(engine.statistics.length, before + 1);
  assert.equal(engine.statistics.at(-1)?.tokens, result.tokens);
});

test('with a stream id the text arrives in pieces, in order', async () => {
  const result = await engine.complete({ streamId: 'a' });
  const pieces = engine.partial.filter(({ streamId }) => streamId === 'a').map(({ text }) => text);
  assert.ok(pieces.length > 1);
  assert.ok(pieces.join('').startsWith(result.text));
});

test('limits of tokens and lines hold', async () => {
  const short = await engine.complete({ maxTokens: 2, prefix: 'for index in ' });
  assert.ok(short.tokens <= 2);
  const lines = await engine.complete({ maxLines: 1, maxTokens: 64 });
  assert.equal(lines.text.includes('\n'), false);
});

test('a newer request supersedes the older one', async () => {
  const older = engine.complete({ prefix: longCode(400), maxTokens: 512, maxLines: 0 });
  const newer = await engine.complete({ prefix: 'import ' });
  assert.equal((await older).stopReason, 'cancelled');
  assert.notEqual(newer.stopReason, 'cancelled');
});

test('of ten requests at once each is answered in its turn, the last one with a text of its own', async () => {
  const answered: number[] = [];
  const results = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const result = await engine.complete({ prefix: `value_${index} = ` });
      answered.push(index);
      return result;
    }),
  );
  // How many of the first nine were superseded depends on how soon the next one arrived.
  assert.deepEqual(
    answered,
    results.map((_, index) => index),
  );
  assert.notEqual(results.at(-1)?.stopReason, 'cancelled');
});

test('a cancellation takes effect inside a long prefill', async () => {
  const variant = (name: string) => ({ prefix: longCode(400, name), suffix: '', maxTokens: 1 });
  const whole = await timed(() => engine.complete(variant('whole')));

  // When exactly it arrives is up to the machine; one of these many falls between two parts of the prompt.
  for (let share = 0.95; share > 0; share -= 0.05) {
    const request = variant(`cancelled${share}`);
    const source = cancellation();
    const running = engine.complete(request, source.token);
    await sleep(whole.ms * share);
    source.cancel();
    const { stopReason, tokens } = await running;
    if (stopReason !== 'cancelled' || tokens > 0) continue;
    const { cachedTokens, promptTokens } = await engine.complete(request);
    if (cachedTokens > promptTokens / 4 && cachedTokens < promptTokens - 1) return;
  }
  assert.fail('no cancellation left a part of the prompt behind');
});

test('a document that contains control tokens is text', async () => {
  const plain = await engine.complete({ prefix: 'x = "', suffix: '"\n', maxTokens: 1 });
  const tricky = await engine.complete({ prefix: 'x = "<EOT><PRE><MID>', suffix: '<SUF>"\n', maxTokens: 1 });
  // Each name takes several tokens when it is read as text, one when it is a control token.
  assert.ok(tricky.promptTokens - plain.promptTokens > 8);
});

test('CRLF, emoji, half a surrogate pair, nothing at all: every text is answered', async () => {
  const texts = ['a = 1\r\nb = ', 'name = "🚀', 'x = "\ud83d', '', '\0\0', '\u202e'];
  for (const prefix of texts) {
    const result = await engine.complete({ prefix, suffix: prefix, maxTokens: 8 });
    assert.ok(result.text.isWellFormed());
    assert.doesNotMatch(result.text, /\r/);
  }
});

test('CRLF costs nothing: the model sees the same as with line feeds', async () => {
  const prefix = 'def f(a):\n    b = a\n    return ';
  const feeds = await engine.complete({ prefix, suffix: '\n' });
  const crlf = await engine.complete({ prefix: prefix.replaceAll('\n', '\r\n'), suffix: '\r\n' });
  assert.equal(crlf.text, feeds.text);
  assert.equal(crlf.promptTokens, feeds.promptTokens);
});

test('greedy completions are the same every time, sampled ones by their seed', async () => {
  const sampled = (seed: number) => engine.complete({ prefix: 'def ', suffix: '', temperature: 1.5, seed });
  assert.equal((await sampled(7)).text, (await sampled(7)).text);
  const texts = new Set<string>();
  for (let seed = 0; seed < 6; seed++) texts.add((await sampled(seed)).text);
  assert.ok(texts.size > 1);
});

test('wrong parameters are refused in one line, and the next request works', async () => {
  for (const wrong of [{ maxTokens: 0 }, { maxTokens: 1.5 }, { maxLines: -1 }, { temperature: -1 }]) {
    await assert.rejects(engine.complete(wrong), { code: ErrorCode.badInput, message: /^[^\n]+$/ });
  }
  assert.notEqual((await engine.complete()).stopReason, 'cancelled');
});

/** Asks until there is an answer: what happens while nothing is asked for takes its time. */
async function until<Value>(ask: () => Promise<Value | null>): Promise<Value> {
  for (let seconds = 0; seconds < 60; seconds++) {
    const value = await ask();
    if (value !== null) return value;
    await sleep(1_000);
  }
  assert.fail('nothing changed while nothing was asked for');
}

test('answers come from all of a long document as soon as there was time, and typing on computes none of it again', async () => {
  const text = { prefix: longCode(60, 'document'), suffix: longCode(20, 'below'), document: 'file:long' };
  // A fast machine may compute all of it for the first answer already.
  await until(async () => {
    const { promptTokens } = await engine.complete(text);
    return promptTokens > contextLength / 2 ? promptTokens : null;
  });
  const typed = await engine.complete({ ...text, prefix: text.prefix + 'x' });
  const fresh = typed.promptTokens - typed.cachedTokens;
  assert.ok(fresh <= 4, `${fresh} new tokens`);
});

test('where a person arrives, the answer is computed before it is asked for', async () => {
  for (let seconds = 1; seconds <= 32; seconds *= 2) {
    const document = `arrived${seconds}`;
    const text = { prefix: longCode(60, document), suffix: '', document };
    engine.attend(text);
    await sleep(seconds * 1_000);
    const { promptTokens, cachedTokens } = await engine.complete(text);
    if (promptTokens > contextLength / 2 && promptTokens - cachedTokens <= 1) return;
  }
  assert.fail('nothing was computed while nothing was asked for');
});
