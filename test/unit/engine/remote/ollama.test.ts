/** What Ollama is asked with, and what its answers say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Consult, Dialect } from '../../../../extension/engine/remote/dialect.ts';
import { messageReader } from '../../../../extension/engine/remote/framing.ts';
import { ollama } from '../../../../extension/engine/remote/ollama.ts';

const sampling = { maxTokens: 8, maxMilliseconds: 0, temperature: 0, topK: 1, topP: 1, minP: 0, seed: 0 };
const prompt = { context: null, above: 'above\n', suffix: '\nbelow', recent: 'recent ' };
const answersNothing: Consult = () => Promise.resolve(undefined);

/** @param shown what `/api/show` says of any model */
async function served(model: string, shown: object): Promise<Dialect> {
  const server = await ollama(model, ({ path }) => Promise.resolve(path === '/api/show' ? shown : undefined));
  assert.ok(server !== null);
  return server;
}

async function bodyFor(server: Dialect): Promise<Record<string, unknown>> {
  const { path, body } = await server.ask(prompt, sampling, answersNothing);
  assert.equal(path, '/api/generate');
  return JSON.parse(body ?? '') as Record<string, unknown>;
}

test('a server that shows no such model is none', async () => {
  assert.equal(await ollama('qwen2.5-coder', answersNothing), null);
  assert.equal(await ollama('qwen2.5-coder', () => Promise.resolve({ error: 'no such path' })), null);
});

test('a model of a known family gets that family’s prompt, past its template', async () => {
  const spelled = '<|fim_prefix|>above\n<|fim_suffix|>\nbelow<|fim_middle|>recent ';
  const body = await bodyFor(
    await served('qwen2.5-coder:0.5b', { model_info: {}, capabilities: ['insert'] }),
  );
  assert.deepEqual([body['raw'], body['prompt'], body['suffix']], [true, spelled, undefined]);
  assert.deepEqual([body['truncate'], body['logprobs'], body['stream']], [false, true, true]);

  const renamed = await served('mine', { model_info: { 'general.basename': 'Qwen2.5-Coder' } });
  assert.equal((await bodyFor(renamed))['prompt'], spelled);
});

test('a model of no known family gets a suffix where its template has a place for one', async () => {
  const body = await bodyFor(
    await served('mine', { model_info: {}, capabilities: ['completion', 'insert'] }),
  );
  assert.deepEqual([body['raw'], body['prompt'], body['suffix']], [undefined, 'above\nrecent ', '\nbelow']);
});

test('without one, the text before the cursor is gone on with', async () => {
  const body = await bodyFor(await served('mine', { model_info: {}, capabilities: ['completion'] }));
  assert.deepEqual([body['raw'], body['prompt'], body['suffix']], [true, 'above\nrecent ', undefined]);
});

test('its lines are read as they come, cut anywhere', async () => {
  const server = await served('mine', { model_info: {} });
  const lines = [
    { response: ' a', done: false, logprobs: [{ logprob: -0.5 }] },
    { response: ' é', done: false, logprobs: [{ logprob: -0.5 }, { logprob: -0.25 }] },
    { response: '', done: true, done_reason: 'length', prompt_eval_count: 40 },
  ];
  const pieces: unknown[] = [];
  const read = messageReader('lines', (data) => pieces.push(server.read(JSON.parse(data))));
  for (const character of lines.map((line) => `${JSON.stringify(line)}\n`).join('')) read(character);
  const piece = { end: null, promptTokens: null, cachedTokens: null };
  assert.deepEqual(pieces, [
    { ...piece, text: ' a', logProbability: -0.5 },
    { ...piece, text: ' é', logProbability: -0.75 },
    { ...piece, text: '', logProbability: null, end: 'maxTokens', promptTokens: 40 },
  ]);
});

test('what goes wrong in the middle is said', async () => {
  const server = await served('mine', { model_info: {} });
  assert.throws(() => server.read({ error: 'the runner ended' }), /the runner ended/);
});
