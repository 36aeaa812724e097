/** How other files stand in front of a prompt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Piece } from '../../../../extension/engine/context/piece.ts';
import {
  fitting,
  repositoryContext,
  repositoryTokens,
} from '../../../../extension/engine/completion/prompt/repository-context.ts';

/** A token is a character's code. */
const tokenize = (text: string) => Int32Array.from(Buffer.from(text, 'latin1'));
const tools = { tokens: { repository: 1001, file: 1002 }, tokenize };
const count = (text: string) => text.length;

function written(pieces: Piece[], budget = 1_000): string {
  const told = { name: 'repo', path: 'here.ts', pieces: fitting(pieces, budget, count) };
  const tokens = repositoryContext(told, tools);
  return String.fromCodePoint(...tokens)
    .replaceAll('\u03E9', '<repo>')
    .replaceAll('\u03EA', '<file>');
}

test('the repository’s name, each file once, and the file that is worked at', () => {
  const pieces = [
    { path: 'a.ts', text: 'one', weight: 1 },
    { path: 'b.ts', text: 'two', weight: 3 },
    { path: 'a.ts', text: 'three', weight: 2 },
  ];
  assert.equal(written(pieces), '<repo>repo\n<file>a.ts\none\nthree\n<file>b.ts\ntwo\n<file>here.ts\n');
});

test('the pieces wanted most that fit, whole', () => {
  const pieces = [
    { path: 'a.ts', text: 'first', weight: 2 },
    { path: 'b.ts', text: 'x'.repeat(50), weight: 4 },
    { path: 'c.ts', text: 'second', weight: 1 },
    { path: 'd.ts', text: 'last', weight: 3 },
  ];
  assert.equal(written(pieces, 22), '<repo>repo\n<file>a.ts\nfirst\n<file>d.ts\nlast\n<file>here.ts\n');
  assert.equal(written(pieces, 3), '');
});

test('a model has tokens for it, or none', () => {
  const ids: Record<string, number> = { '<|repo_name|>': 7, '<|file_sep|>': 8 };
  const native = (known: boolean) => ({
    tokenize: (text: string, parseSpecial: boolean) => {
      const id = known && parseSpecial ? ids[text] : undefined;
      return id === undefined ? tokenize(text) : Int32Array.of(id);
    },
  });
  assert.deepEqual(repositoryTokens(native(true)), { repository: 7, file: 8 });
  assert.equal(repositoryTokens(native(false)), null);
});
