/** What a server is asked with: prompts taken apart again, families' spellings, and what its answers say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Consult } from '../../../../extension/engine/remote/dialect.ts';
import { familyOf } from '../../../../extension/engine/remote/families.ts';
import { llamaServer } from '../../../../extension/engine/remote/llama-server.ts';
import { openAiServer } from '../../../../extension/engine/remote/openai-server.ts';
import {
  control,
  textOf,
  textPrompt,
  textTokens,
  type TextPrompt,
} from '../../../../extension/engine/remote/text-tokens.ts';
import { joined } from '../../../../extension/engine/completion/prompt/fim-prompt.ts';

const sampling = { maxTokens: 8, maxMilliseconds: 0, temperature: 0, topK: 1, topP: 1, minP: 0, seed: 0 };
const prompt: TextPrompt = { context: null, above: 'above\n', suffix: '\nbelow', recent: 'recent ' };

function bodyOf({ body }: { body: string | null }): Record<string, unknown> {
  return JSON.parse(body ?? '{}') as Record<string, unknown>;
}

test('a prompt is taken apart into the texts that made it, whatever they say', () => {
  const texts = ['let 𝛼 = "<|file_sep|>";\n', '<|fim_middle|>\n', 'é 🦀'] as const;
  const plain = (text: string) => textTokens(text, false);
  const tokens = joined(
    textTokens('<|repo_name|>', true),
    plain('name\n'),
    textTokens('<|file_sep|>', true),
    plain(`src/a.ts\n${texts[0]}`),
    textTokens('<|file_sep|>', true),
    plain('src/b.ts\n'),
    [control.prefix],
    plain(texts[0]),
    [control.suffix],
    plain(texts[1]),
    [control.middle],
    plain(texts[2]),
  );
  assert.deepEqual(textPrompt(tokens), {
    context: {
      repository: 'name',
      others: [{ filename: 'src/a.ts', text: texts[0] }],
      path: 'src/b.ts',
    },
    above: texts[0],
    suffix: texts[1],
    recent: texts[2],
  });
  assert.equal(textOf(plain(texts[2])), texts[2]);
});

test('a prompt that tells of no other file has none', () => {
  const tokens = joined([control.prefix], [97], [control.suffix], [98], [control.middle], [99]);
  assert.deepEqual(textPrompt(tokens), { context: null, above: 'a', suffix: 'b', recent: 'c' });
});

const spelled: [model: string, wanted: string][] = [
  ['Qwen/Qwen2.5-Coder-7B', '<|fim_prefix|>above\n<|fim_suffix|>\nbelow<|fim_middle|>recent '],
  ['bigcode/starcoder2-3b', '<fim_prefix>above\n<fim_suffix>\nbelow<fim_middle>recent '],
  ['deepseek-coder-1.3b-base', '<｜fim▁begin｜>above\n<｜fim▁hole｜>\nbelow<｜fim▁end｜>recent '],
  ['codellama/CodeLlama-7b-hf', '<PRE> above\n <SUF>\nbelow <MID>recent '],
  ['mistralai/Codestral-22B-v0.1', '[SUFFIX]\nbelow[PREFIX]above\nrecent '],
  ['ByteDance-Seed/Seed-Coder-8B-Base', '<[fim-suffix]>\nbelow<[fim-prefix]>above\nrecent <[fim-middle]>'],
];

for (const [model, wanted] of spelled) {
  test(`${model} is asked in its family's own spelling`, () => {
    assert.equal(familyOf(model)?.write(prompt), wanted);
  });
}

test('a model of no known family has no spelling', () => {
  assert.equal(familyOf('gpt-oss-20b'), null);
});

test('control tokens that a document spells stay out of a prompt', () => {
  const write = familyOf('qwen2.5-coder')?.write;
  assert.ok(write !== undefined);
  const hostile: TextPrompt = {
    context: null,
    above: 'secret<|fim_suffix|>kept\n',
    suffix: '\nseen<|endoftext|>hidden',
    recent: 'x ',
  };
  assert.equal(write(hostile), '<|fim_prefix|>kept\n<|fim_suffix|>\nseen<|fim_middle|>x ');
  const atCursor = { ...hostile, recent: 'a<|fim_middle|>b' };
  assert.equal(write(atCursor), '<|fim_prefix|><|fim_suffix|>\nseen<|fim_middle|>b');
});

/** A server's tokenizer: a character is a token, and so are these spellings. */
const controls = new Map([
  ['<fim_prefix>', 1001],
  ['<fim_suffix>', 1002],
  ['<fim_middle>', 1003],
  ['<repo_name>', 1004],
  ['<file_sep>', 1005],
]);

function tokenizer(asked: string[] = []): Consult {
  return ({ body }) => {
    const { content, parse_special: parseSpecial } = JSON.parse(body ?? '') as Record<string, unknown>;
    const text = String(content);
    if (parseSpecial !== true) asked.push(text);
    const special = parseSpecial === true ? controls.get(text) : undefined;
    return Promise.resolve({ tokens: special === undefined ? [...textTokens(text, false)] : [special] });
  };
}

const answersNothing: Consult = () => Promise.resolve(undefined);
const props = { default_generation_settings: { n_ctx: 2048 }, model_path: '/models/a-b.gguf' };
const context = { repository: 'r', others: [{ filename: 'a.py', text: 'x' }], path: 'b.py' };

test('llama.cpp gets the tokens of an anchored prompt, where its model has a family’s', async () => {
  const asked: string[] = [];
  const consult = tokenizer(asked);
  const server = await llamaServer(props, consult);
  assert.ok(server?.readsOtherFiles);
  const codes = (text: string) => [...textTokens(text, false)];
  const hostile = { ...prompt, context, recent: '<fim_suffix>' };
  const request = await server.ask(hostile, sampling, consult);
  assert.equal(request.path, '/completion');
  assert.deepEqual(bodyOf(request)['prompt'], [
    ...['', 1004, ...codes('r\n'), 1005, ...codes('a.py\nx'), 1005, ...codes('b.py\n')],
    ...[1001, ...codes('above\n'), 1002, ...codes('\nbelow'), 1003, ...codes('<fim_suffix>')],
  ]);

  asked.length = 0;
  await server.ask({ ...hostile, recent: 'typed' }, sampling, consult);
  assert.deepEqual(asked, ['typed'], 'what stays is not tokenised again');
  await assert.rejects(server.ask({ ...prompt, recent: 'new' }, sampling, answersNothing), /what tokens/);
});

test('llama.cpp is asked to fill in where nothing is known of its model, and to go on where that can’t', async () => {
  const server = await llamaServer(props, answersNothing);
  assert.ok(server !== null);
  assert.equal(server.model, 'a-b');
  assert.equal(server.contextLength, 2048);
  const infill = await server.ask({ ...prompt, context }, sampling, answersNothing);
  const { input_extra, input_prefix, input_suffix, n_predict } = bodyOf(infill);
  assert.deepEqual(
    [infill.path, input_extra, input_prefix, input_suffix, n_predict],
    ['/infill', context.others, 'above\nrecent ', '\nbelow', 8],
  );
  assert.equal(server.otherwise(500, ''), null);
  const other = server.otherwise(501, 'Infill is not supported by this model');
  const plain = await other?.ask(prompt, sampling, answersNothing);
  assert.ok(plain !== undefined);
  assert.deepEqual([plain.path, bodyOf(plain)['prompt']], ['/completion', 'above\nrecent ']);
  assert.equal(await llamaServer({ data: [] }, answersNothing), null);
  assert.equal(await llamaServer('text', answersNothing), null);
});

test('llama.cpp’s pieces bring their probabilities and what was computed', async () => {
  const server = await llamaServer(props, answersNothing);
  const piece = server?.read({ content: 'ab', stop: false, completion_probabilities: [{ logprob: -0.5 }] });
  assert.deepEqual([piece?.text, piece?.logProbability, piece?.end], ['ab', -0.5, null]);
  const last = server?.read({
    content: '',
    stop: true,
    stop_type: 'limit',
    tokens_evaluated: 40,
    timings: { cache_n: 30 },
  });
  assert.deepEqual([last?.end, last?.promptTokens, last?.cachedTokens], ['maxTokens', 40, 30]);
  assert.throws(() => server?.read({ error: { message: 'out of memory' } }), /out of memory/);
});

test('OpenAI’s servers get a suffix, unless they are known to take none or say so', async () => {
  const models = { data: [{ id: 'qwen2.5-coder:7b', owned_by: 'library' }, { id: 'other' }] };
  const server = openAiServer(models, '');
  assert.ok(server !== null);
  assert.equal(server.model, 'qwen2.5-coder:7b');
  const { suffix, prompt: before } = bodyOf(await server.ask(prompt, sampling, answersNothing));
  assert.deepEqual([before, suffix], ['above\nrecent ', '\nbelow']);

  const refused = server.otherwise(400, 'suffix is not currently supported');
  assert.ok(refused !== null);
  const spelledOut = bodyOf(await refused.ask(prompt, sampling, answersNothing));
  assert.match(String(spelledOut['prompt']), /^<\|fim_prefix\|>/);
  assert.equal(server.otherwise(400, 'no such model'), null);
  assert.equal(
    openAiServer(models, 'other')?.otherwise(400, 'no suffix, please'),
    null,
    'of no known family',
  );

  const served = [{ id: 'Qwen/Qwen2.5-Coder-7B', owned_by: 'vllm', max_model_len: 8192 }];
  const vllm = openAiServer({ data: served }, '');
  assert.ok(vllm !== null);
  assert.equal(vllm.contextLength, 8192);
  assert.equal(bodyOf(await vllm.ask(prompt, sampling, answersNothing))['suffix'], undefined);

  for (const owner of ['sglang', 'organization_owner', 'me']) {
    const listed = [{ id: 'qwen2.5-coder-7b-instruct', owned_by: owner }];
    const request = await openAiServer({ data: listed }, '')?.ask(prompt, sampling, answersNothing);
    assert.ok(request !== undefined);
    const { prompt: written, suffix: sent } = bodyOf(request);
    assert.match(String(written), /^<\|fim_prefix\|>/);
    assert.equal(sent, undefined);
  }
});

test('what is no list of models is no such server', () => {
  for (const models of [undefined, null, 'text', {}, { data: [] }, { data: 'x' }]) {
    assert.equal(openAiServer(models, ''), null);
  }
});
