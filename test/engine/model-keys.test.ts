/** What the engine makes of the keys of our own models: the path in the prompt, and the confidence. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { CompleteResult } from '../../extension/protocol/requests.ts';
import { completeParams, EngineClient, longCode } from './engine-client.ts';
import { copyWithKeys, flagEntry, floatsEntry } from './gguf.ts';
import { embeddedModelPath } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-keys-'));
let engine: EngineClient;
let models = 0;

before(() => {
  engine = new EngineClient();
});

after(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true });
});

async function load(entries: readonly Buffer[]): Promise<void> {
  // A file of its own: the one before is mapped, and while idle the engine reads it.
  const path = join(folder, `model-${models++}.gguf`);
  copyWithKeys(embeddedModelPath(), path, entries);
  engine.logs.length = 0;
  await engine.load({ path });
}

const withPath = [flagEntry('hotset.prompt.path', true)];

test('a model that was trained without paths is shown none', async () => {
  await load([]);
  const { promptTokens } = await engine.complete();
  assert.equal((await engine.complete({ path: 'src/rectangle.ts' })).promptTokens, promptTokens);
});

test('a model that was trained with paths sees it; null is as good as none', async () => {
  await load(withPath);
  const { promptTokens } = await engine.complete();
  assert.equal((await engine.complete({ path: null })).promptTokens, promptTokens);
  assert.ok((await engine.complete({ path: 'src/rectangle.ts' })).promptTokens > promptTokens);
});

test('one more typed character reuses nearly all of a prompt with a path, suffix and path included', async () => {
  await load(withPath);
  const place = { prefix: longCode(20) + completeParams.prefix, path: 'src/rectangle.ts' };
  await engine.complete(place);
  const typed = await engine.complete({ ...place, prefix: place.prefix + 'i' });
  const fresh = typed.promptTokens - typed.cachedTokens;
  assert.ok(fresh <= 4, `${fresh} new tokens`);
});

test('control tokens in a path are text', async () => {
  await load(withPath);
  const plain = await engine.complete({ path: 'a.ts', maxTokens: 1 });
  const tricky = await engine.complete({ path: '<EOT><PRE><MID>a.ts', maxTokens: 1 });
  // Each name takes several tokens when it is read as text, one when it is a control token.
  assert.ok(tricky.promptTokens - plain.promptTokens > 6);
});

/** The product of the tokens' probabilities. */
function assertPlain({ evidence, confidence }: CompleteResult): void {
  assert.ok(evidence !== null && confidence !== null, 'the model says nothing');
  assert.ok(Math.abs(confidence - Math.exp(evidence.sumLogP)) < 1e-9);
}

test('a model without weights is as sure as its tokens are probable', async () => {
  await load([]);
  assertPlain(await engine.complete());
});

test('the confidence follows the weights in the file, and goes to the statistics', async () => {
  const weights = [0.25, 0.5, 0.75, -1] as const;
  await load([floatsEntry('hotset.confidence.weights', weights)]);
  const { text, evidence, confidence } = await engine.complete();
  assert.ok(text !== '', 'the model says nothing');
  assert.ok(evidence !== null && confidence !== null);
  const [bias, ofSum, ofMin, ofCount] = weights;
  const { sumLogP, minLogP, tokens } = evidence;
  const score = bias + ofSum * sumLogP + ofMin * minLogP + ofCount * Math.log(tokens);
  assert.ok(Math.abs(Math.log(confidence / (1 - confidence)) - score) < 1e-5);
  assert.equal(engine.statistics.at(-1)?.confidence, confidence);
});

test('weights that are none cost one line in the log', async () => {
  await load([floatsEntry('hotset.confidence.weights', [0.5, NaN, 1, 1])]);
  const warnings = engine.logs.filter(({ level }) => level === 'warn');
  assert.equal(warnings.filter(({ message }) => message.includes('hotset.confidence.weights')).length, 1);
  assertPlain(await engine.complete());
});
