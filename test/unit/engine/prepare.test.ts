/** What is computed ahead for a place, and what it tells of other files. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { prepare } from '../../../extension/engine/completion/prepare.ts';
import { DocumentPrompts } from '../../../extension/engine/completion/prompt/document-prompts.ts';
import { Rates } from '../../../extension/engine/completion/rates.ts';
import { Neighbours } from '../../../extension/engine/context/neighbours.ts';
import type { AttendParams, OtherFilesParams } from '../../../extension/protocol/requests.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-prepare-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const control: Readonly<Record<string, number>> = { '<|repo_name|>': 2001, '<|file_sep|>': 2002 };
const fim = { prefix: 1001, suffix: 1002, middle: 1003, order: 'psm' as const, path: false };

/** A token is a character's code, or a control token's number. */
function tokenize(text: string, parseSpecial = false): Int32Array {
  const token = parseSpecial ? control[text] : undefined;
  return token === undefined ? Int32Array.from(Buffer.from(text, 'latin1')) : Int32Array.of(token);
}

/** Computes whatever it is told to at once, and keeps it as text. */
function desk() {
  const computed: string[] = [];
  const logged: string[] = [];
  const held: Record<string, number> = {};
  const native = {
    tokenize,
    tokenizeHealed: (text: string) => ({ tokens: tokenize(text), held: new Uint8Array(0) }),
    prefill: (prompt: Int32Array, { sequence }: { readonly sequence: string }) => {
      computed.push(String.fromCodePoint(...prompt));
      held[sequence] = prompt.length;
      return Promise.resolve({ computedTokens: prompt.length, isWhole: true, milliseconds: 1, held });
    },
    cancel: () => undefined,
  };
  const count = (text: string) => text.length;
  const description = { fim, beginningOfSequence: null, contextLength: 4_000 };
  return {
    native,
    computed,
    logged,
    prompts: new DocumentPrompts({ native, description, count }),
    neighbours: new Neighbours(native, count, (_level, line) => logged.push(line)),
    rates: new Rates({ parameters: 1e6, threads: 2 }),
    signal: new AbortController().signal,
  };
}

function placeIn(name: string, place: Partial<AttendParams> = {}): AttendParams {
  const prefix = "import { area } from './shapes.ts';\nconst size = ";
  return { document: `file:${name}`, path: name, folder, prefix, suffix: ';\n', ...place };
}

function shapes(parameter: string): void {
  const text = `export function area(${parameter}: number): number {\n  return secretSauce(${parameter});\n}\n`;
  writeFileSync(join(folder, 'shapes.ts'), text);
}

test('the declarations that a file imports come first, without bodies, and typing on computes none of it again', async () => {
  shapes('width');
  const tools = desk();
  await prepare(placeIn('a.ts'), tools);
  const [prompt = ''] = tools.computed;
  assert.match(
    prompt,
    /^\u07D1[^\n]+\n\u07D2shapes\.ts\nexport function area\(width: number\): number\n\u07D2a\.ts\n\u03E9/,
  );
  assert.doesNotMatch(prompt, /secretSauce/);

  const typed = placeIn('a.ts', { prefix: placeIn('a.ts').prefix + 'a' });
  assert.equal(tools.prompts.promptFor(typed, 10, 100).freshTokens, 1);
  await prepare(typed, tools);
  assert.equal(tools.computed.length, 1);
});

test('nothing is read where no folder is named', async () => {
  shapes('width');
  const tools = desk();
  const { folder: _folder, ...place } = placeIn('a.ts');
  await prepare(place, tools);
  assert.doesNotMatch(tools.computed[0] ?? '', /width/);
});

test('what was changed in another file meanwhile is told when the person comes back', async () => {
  shapes('width');
  const tools = desk();
  await prepare(placeIn('a.ts'), tools);
  await prepare(placeIn('shapes.ts', { prefix: 'export function area(height' }), tools);
  shapes('height');
  await prepare(placeIn('a.ts'), tools);
  assert.equal(tools.computed.length, 3);
  assert.match(tools.computed[2] ?? '', /area\(height: number\)/);
});

function told(text: string, others: Partial<OtherFilesParams> = {}): OtherFilesParams {
  const unsaved = [{ path: 'shapes.ts', text: `export function area(${text}: number): number {}\n` }];
  return { folder, document: 'file:a.ts', unsaved, open: [], found: [], ...others };
}

test('what is not saved yet counts, as soon as the editor tells; the same again computes nothing', async () => {
  shapes('width');
  const tools = desk();
  await prepare(placeIn('a.ts'), tools);
  tools.neighbours.tell(told('height'));
  await prepare(placeIn('a.ts'), tools);
  assert.match(tools.computed[1] ?? '', /area\(height: number\)/);
  assert.doesNotMatch(tools.computed[1] ?? '', /width/);
  tools.neighbours.tell(told('height'));
  await prepare(placeIn('a.ts'), tools);
  assert.equal(tools.computed.length, 2);
  assert.deepEqual(tools.logged, [
    'prompts in a.ts tell of shapes.ts',
    'prompts in a.ts tell of shapes.ts (not saved)',
  ]);
});

test('pieces of open files that are like the place stand behind what it imports, as far as there is room', async () => {
  shapes('width');
  writeFileSync(join(folder, 'walls.ts'), 'const wall = area(3);\nconst elsewhere = 1;\n');
  writeFileSync(join(folder, 'walls.py'), 'wall = area(3)\n');
  writeFileSync(join(folder, 'secrets.ts'), 'const secret = area(5);\n');
  writeFileSync(join(folder, 'closed.ts'), 'const closed = area(4);\n');
  const tools = desk();
  tools.neighbours.tell(told('height', { open: ['a.ts', 'secrets.ts', 'walls.py', 'walls.ts'] }));
  await prepare(placeIn('a.ts', { prefix: "import { area } from './shapes';\nconst wall = area(" }), tools);
  const prompt = tools.computed[0] ?? '';
  assert.match(prompt, /area\(height: number\)[^]*walls\.ts\nconst wall = area\(3\);/);
  assert.doesNotMatch(prompt, /walls\.py|closed|secret/);
});

test('of another folder nothing counts, nor what was found for another document', async () => {
  shapes('width');
  writeFileSync(join(folder, 'far.ts'), 'export const far = 1;\n');
  const found = [{ path: 'far.ts', names: null }];
  const elsewhere = desk();
  elsewhere.neighbours.tell(told('height', { folder: '/elsewhere', found }));
  await prepare(placeIn('a.ts'), elsewhere);
  assert.match(elsewhere.computed[0] ?? '', /area\(width: number\)/);
  assert.doesNotMatch(elsewhere.computed[0] ?? '', /far/);

  const tools = desk();
  tools.neighbours.tell(told('height', { found, document: 'file:b.ts' }));
  await prepare(placeIn('a.ts'), tools);
  assert.doesNotMatch(tools.computed[0] ?? '', /far/);
  tools.neighbours.tell(told('height', { found }));
  await prepare(placeIn('a.ts'), tools);
  assert.match(tools.computed[1] ?? '', /far\.ts\nexport const far = 1;/);
});

test('a request in between ends looking around; it is done when there is time again', async () => {
  shapes('width');
  const tools = desk();
  const aborted = AbortSignal.abort();
  await prepare(placeIn('a.ts'), { ...tools, signal: aborted });
  assert.equal(tools.computed.length, 0);
  await prepare(placeIn('a.ts'), tools);
  assert.match(tools.computed[0] ?? '', /width: number/);
});
