/** What an evaluated prompt tells of other files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choiceName,
  type ContextChoice,
  contextOf,
} from '../../../../extension/engine/evaluation/context-choice.ts';
import type { LoadedModel } from '../../../../extension/engine/model/load-model.ts';

const text = "import { area } from './shapes.ts';\nconst size = area(";
const heldOut = new Map([
  [
    'TypeScript',
    [
      { path: 'a.ts', text: `${text});\n` },
      { path: 'shapes.ts', text: 'export function area(width: number): number {\n  return width;\n}\n' },
      { path: 'like.ts', text: 'const size = area(3);\n' },
      { path: 'far/like.ts', text: 'const size = area(4);\n' },
    ],
  ],
]);

/** A token is a character's code. */
function model(control: Readonly<Record<string, number>>): LoadedModel {
  const tokenize = (said: string, parseSpecial: boolean) => {
    const token = parseSpecial ? control[said] : undefined;
    return token === undefined ? Int32Array.from(Buffer.from(said)) : Int32Array.of(token);
  };
  return { path: 'model.gguf', native: { tokenize } } as unknown as LoadedModel;
}

const trained = model({ '<|repo_name|>': 2001, '<|file_sep|>': 2002 });

async function told(choice: ContextChoice): Promise<string> {
  const request = { prefix: text, suffix: ');\n', path: 'a.ts', maxLines: 1 };
  return String.fromCodePoint(...(await contextOf(choice, trained, heldOut)(request)));
}

test('the same place with nothing, with what it imports, and with what is alike', async () => {
  assert.equal(await told([]), '');
  const declarations = await told([{ kind: 'declarations', tokens: 1_000 }]);
  assert.match(declarations, /shapes\.ts\nexport function area\(width: number\): number\n.a\.ts\n$/u);
  assert.doesNotMatch(declarations, /like\.ts|return/);
  const similar = await told([{ kind: 'similar', tokens: 1_000 }]);
  assert.match(similar, /like\.ts\nconst size = area\(3\);/);
  assert.doesNotMatch(similar, /a\.ts\nimport/);
});

test('of open files only what is beside the document or imported', async () => {
  const open = await told([{ kind: 'open', tokens: 1_000 }]);
  assert.match(open, /\u07D2like\.ts\nconst size = area\(3\);/);
  assert.match(open, /shapes\.ts\nexport function area/);
  assert.doesNotMatch(open, /area\(4\)/);
  assert.match(await told([{ kind: 'similar', tokens: 1_000 }]), /far\/like\.ts\nconst size = area\(4\);/);
});

test('as the editor tells it: declarations first, open files in the room they leave', async () => {
  const all = await told([{ kind: 'editor', tokens: 1_000 }]);
  assert.match(all, /shapes\.ts\nexport function area\(width: number\): number\n/);
  assert.match(all, /like\.ts\nconst size = area\(3\);/);
  assert.doesNotMatch(await told([{ kind: 'editor', tokens: 45 }]), /like\.ts/);
});

test('each kind has a budget of its own', async () => {
  const choice: ContextChoice = [
    { kind: 'declarations', tokens: 1_000 },
    { kind: 'similar', tokens: 40 },
  ];
  assert.equal(choiceName(choice), 'declarations:1000+similar:40');
  const both = await told(choice);
  assert.match(both, /shapes\.ts\nexport function area\(width: number\): number\n.like\.ts\nconst size/u);
  assert.doesNotMatch(both, /return/);
});

test('no model that was trained on files alone', () => {
  assert.throws(() => contextOf([], model({}), heldOut), { kind: 'badInput' });
});
