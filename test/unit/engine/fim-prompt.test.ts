import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fimPrompt, promptFor } from '../../../extension/engine/completion/fim-prompt.ts';

/** A token is a character's code. */
const tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
const code = (text: string) => [...tokenize(text)];
const fim = { prefix: 1001, suffix: 1002, middle: 1003 };
const window = { prefix: 'ab', suffix: 'yz' };

test('suffix-first: the prompt ends with the prefix, so that a keystroke appends', () => {
  const prompt = fimPrompt(window, { beginningOfSequence: 1, fim: { ...fim, order: 'spm' } }, tokenize);
  assert.deepEqual([...prompt], [1, 1001, 1002, ...code('yz'), 1003, ...code('ab')]);
});

test('prefix-first: prefix, suffix, middle', () => {
  const prompt = fimPrompt(window, { beginningOfSequence: 1, fim: { ...fim, order: 'psm' } }, tokenize);
  assert.deepEqual([...prompt], [1, 1001, ...code('ab'), 1002, ...code('yz'), 1003]);
});

test('a model that can not infill continues the prefix', () => {
  assert.deepEqual(
    [...fimPrompt(window, { beginningOfSequence: 1, fim: null }, tokenize)],
    [1, ...code('ab')],
  );
});

test('a vocabulary without a first token gets none', () => {
  assert.deepEqual([...fimPrompt(window, { beginningOfSequence: null, fim: null }, tokenize)], code('ab'));
});

test('text is never parsed for control tokens', () => {
  const asked: boolean[] = [];
  const native = {
    tokenize: (text: string, parseSpecial: boolean) => {
      asked.push(parseSpecial);
      return tokenize(text);
    },
  };
  const description = { beginningOfSequence: 1, fim: { ...fim, order: 'spm' as const }, contextLength: 100 };
  promptFor({ native, description, count: (text) => text.length }, '<EOT>', '<MID>', 10);
  assert.deepEqual([...new Set(asked)], [false]);
});

test('asking for a few tokens more leaves the prompt as it is', () => {
  const native = { tokenize };
  const description = { beginningOfSequence: 1, fim: { ...fim, order: 'spm' as const }, contextLength: 400 };
  const prompt = (maxTokens: number) =>
    promptFor(
      { native, description, count: (text) => text.length },
      'abc\n'.repeat(500),
      'xyz\n'.repeat(500),
      maxTokens,
    );
  assert.deepEqual(prompt(10), prompt(50));
  assert.ok(prompt(200).length <= 200);
});

test('a tokenizer whose pieces are fewer than the whole still gets a prompt that fits', () => {
  const native = { tokenize: (text: string) => tokenize(text) };
  const description = { beginningOfSequence: 1, fim: { ...fim, order: 'spm' as const }, contextLength: 120 };
  const prompt = promptFor(
    { native, description, count: () => 1 },
    'abc\n'.repeat(100),
    'xyz\n'.repeat(100),
    20,
  );
  assert.ok(prompt.length <= 100);
  assert.ok(prompt.length > 60, `only ${prompt.length} tokens`);
});
