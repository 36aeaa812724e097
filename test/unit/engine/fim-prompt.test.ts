import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DocumentPrompts,
  type PromptSource,
  type PromptText,
} from '../../../extension/engine/completion/prompt/document-prompts.ts';
import { fimPrompt } from '../../../extension/engine/completion/prompt/fim-prompt.ts';
import type { PromptForm } from '../../../extension/engine/completion/prompt/prompt-form.ts';

/** A token is a character's code. */
const tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
const tokenizeHealed = (text: string) => ({ tokens: tokenize(text), held: new Uint8Array(0) });
const code = (text: string) => [...tokenize(text)];
const fim = { prefix: 1001, suffix: 1002, middle: 1003, path: false };
const count = (text: string) => text.length;
const window = { prefix: 'ab', suffix: 'yz' };
const pathModel = {
  beginningOfSequence: 1,
  fim: { ...fim, order: 'spm' as const, path: true },
  contextLength: 400,
};

const parts = { above: 'ab', recent: 'cd', suffix: 'yz' };

test('an anchored prompt: what stands above the anchor, the suffix, and what a keystroke appends to', () => {
  const prompt = fimPrompt(parts, { beginningOfSequence: 1, fim: { ...fim, order: 'psm' } }, tokenize);
  assert.deepEqual([...prompt], [1, 1001, ...code('ab'), 1002, ...code('yz'), 1003, ...code('cd')]);
});

test('suffix-first: the prompt ends with the prefix, so that a keystroke appends', () => {
  assert.deepEqual(promptOf(window), [1, 1001, 1002, ...code('yz'), 1003, ...code('ab')]);
});

test('prefix-first: prefix, suffix, middle', () => {
  const model = { fim: { order: 'psm' as const } };
  assert.deepEqual(promptOf(window, model, { kind: 'psm' }), [
    ...[1, 1001],
    ...code('ab'),
    1002,
    ...code('yz'),
    1003,
  ]);
});

test('a model that can not infill continues the prefix', () => {
  assert.deepEqual(
    [...fimPrompt(parts, { beginningOfSequence: 1, fim: null }, tokenize)],
    [1, ...code('abcd')],
  );
});

test('a vocabulary without a first token gets none', () => {
  assert.deepEqual([...fimPrompt(parts, { beginningOfSequence: null, fim: null }, tokenize)], code('abcd'));
});

test('text is never parsed for control tokens', () => {
  const asked: boolean[] = [];
  const native = {
    tokenize: (text: string, parseSpecial: boolean) => {
      asked.push(parseSpecial);
      return tokenize(text);
    },
    tokenizeHealed,
  };
  const description = { ...pathModel, contextLength: 100 };
  promptFor({ native, description, count }, { prefix: '<EOT>', suffix: '<MID>', path: 'a/<EOT>.ts' }, 10);
  assert.deepEqual([...new Set(asked)], [false]);
});

test('asking for a few tokens more leaves the prompt as it is', () => {
  const native = { tokenize, tokenizeHealed };
  const description = { beginningOfSequence: 1, fim: { ...fim, order: 'spm' as const }, contextLength: 400 };
  const prompt = (maxTokens: number) =>
    promptFor(
      { native, description, count },
      { prefix: 'abc\n'.repeat(500), suffix: 'xyz\n'.repeat(500) },
      maxTokens,
    );
  assert.deepEqual(prompt(10), prompt(50));
  assert.ok(prompt(200).length <= 200);
});

test('a tokenizer whose pieces are fewer than the whole still gets a prompt that fits', () => {
  const native = { tokenize, tokenizeHealed };
  const description = { beginningOfSequence: 1, fim: { ...fim, order: 'spm' as const }, contextLength: 120 };
  const prompt = promptFor(
    { native, description, count: () => 1 },
    { prefix: 'abc\n'.repeat(100), suffix: 'xyz\n'.repeat(100) },
    20,
  );
  assert.ok(prompt.length <= 100);
  assert.ok(prompt.length > 60, `only ${prompt.length} tokens`);
});

function promptOf(
  text: { prefix: string; suffix: string; path?: string | null },
  description: typeof pathModel | { fim: { order: 'psm' } } = pathModel,
  form?: PromptForm,
): number[] {
  const model = { ...pathModel, ...description, fim: { ...pathModel.fim, ...description.fim } };
  const source = { native: { tokenize, tokenizeHealed }, description: model, count, ...(form && { form }) };
  return [...promptFor(source, text, 40)];
}

function promptFor(source: PromptSource, text: PromptText, maxTokens: number): Int32Array {
  return new DocumentPrompts(source).promptFor(text, maxTokens).tokens;
}

test('the path is a line of its own between the middle mark and the prefix', () => {
  assert.deepEqual(promptOf({ ...window, path: 'src/a.ts' }), [
    ...[1, 1001, 1002],
    ...code('yz'),
    1003,
    ...code('src/a.ts\n'),
    ...code('ab'),
  ]);
});

test('the path is tokenised together with its line feed, apart from the prefix', () => {
  const asked: string[] = [];
  const native = {
    tokenize: (text: string) => {
      asked.push(text);
      return tokenize(text);
    },
    tokenizeHealed: (text: string) => {
      asked.push(text);
      return tokenizeHealed(text);
    },
  };
  promptFor({ native, description: pathModel, count }, { ...window, path: 'a.ts' }, 10);
  assert.deepEqual(asked.toSorted(), ['a.ts\n', 'ab', 'yz']);
});

test('no path, or a model that was not trained with one, or prefix first: no such line', () => {
  const without = promptOf(window);
  assert.deepEqual(promptOf({ ...window, path: null }), without);
  assert.deepEqual(
    promptOf({ ...window, path: 'a.ts' }, { ...pathModel, fim: { ...pathModel.fim, path: false } }),
    without,
  );
  const prefixFirst = { fim: { order: 'psm' as const } };
  assert.deepEqual(promptOf({ ...window, path: 'a.ts' }, prefixFirst), promptOf(window, prefixFirst));
});

test('however long the text, the path stays whole and the text gives way', () => {
  const long = { prefix: 'abc\n'.repeat(500), suffix: 'xyz\n'.repeat(500) };
  const prompt = promptOf({ ...long, path: 'src/a.ts' });
  const middle = prompt.indexOf(1003);
  assert.deepEqual(prompt.slice(middle + 1, middle + 10), code('src/a.ts\n'));
  assert.ok(prompt.length <= 350, `${prompt.length} tokens`);
});

test('a keystroke only appends to a prompt with a path', () => {
  const before = 'abc\n'.repeat(500);
  const suffix = 'xyz\n'.repeat(500);
  const typed = 'value = f';
  const prompts = Array.from({ length: typed.length + 1 }, (_, length) =>
    promptOf({ prefix: before + typed.slice(0, length), suffix, path: 'src/a.ts' }),
  );
  for (const [index, prompt] of prompts.slice(1).entries()) {
    const last = prompts[index] ?? [];
    assert.deepEqual(prompt.slice(0, last.length), last);
  }
});

test('a path that would fill a short context is left out', () => {
  const short = { ...pathModel, contextLength: 64 };
  const path = 'a-long-name/'.repeat(10);
  const prompt = promptFor(
    { native: { tokenize, tokenizeHealed }, description: short, count },
    { ...window, path },
    8,
  );
  assert.deepEqual([...prompt], promptOf(window));
});
