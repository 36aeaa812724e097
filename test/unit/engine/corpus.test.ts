/** Which files of a workspace a model is profiled on, and how they are cut. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { findCorpus } from '../../../extension/engine/profile/corpus.ts';
import { readSourceText } from '../../../extension/engine/profile/source-text.ts';
import { windowsOf } from '../../../extension/engine/profile/windows.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotset-corpus-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string | Buffer = 'code\n'): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}

function found(...paths: string[]): string[] {
  const { languages } = findCorpus(paths.length === 0 ? [folder] : paths);
  return [...languages.values()]
    .flat()
    .map((path) => relative(folder, path).replaceAll('\\', '/'))
    .sort();
}

test('source files are found by their names, other people’s code and repositories are not', () => {
  for (const path of ['a.py', 'b/c.ts', 'README.md', 'data.json', 'node_modules/x/y.js', '.git/hook.py'])
    write(path);
  assert.deepEqual(found(), ['a.py', 'b/c.ts']);
  assert.deepEqual([...findCorpus([folder]).languages.keys()], ['Python', 'TypeScript']);
});

test('ignore files count in their folder and below, the innermost rule decides', () => {
  for (const path of ['a.py', 'out/b.py', 'lib/out/c.py', 'lib/keep/d.py', 'notes/e.py']) write(path);
  for (const path of ['f.gen.py', 'lib/g.gen.py', 'lib/h.gen.py']) write(path);
  write('.gitignore', 'out/\n/lib/keep\n*.gen.py\n');
  write('.ignore', 'notes\n');
  write('lib/.gitignore', '!g.gen.py\n');
  assert.deepEqual(found(), ['a.py', 'lib/g.gen.py']);
});

test('inside a repository, the ignore files of the folders above count too; outside one they do not', () => {
  write('.gitignore', 'generated.py\n');
  write('project/generated.py');
  write('project/own.py');
  assert.deepEqual(found(join(folder, 'project')), ['project/generated.py', 'project/own.py']);
  mkdirSync(join(folder, '.git'));
  assert.deepEqual(found(join(folder, 'project')), ['project/own.py']);
});

test('links are not followed, files named outright are taken whatever their name', () => {
  const text = write('notes.txt');
  write('a.py');
  symlinkSync(folder, join(folder, 'loop'));
  assert.deepEqual(found(), ['a.py']);
  assert.deepEqual(found(text), ['notes.txt']);
});

test('the order of the files is the same wherever their folder lies', () => {
  const names = Array.from({ length: 12 }, (_, index) => `part-${index % 3}/file-${index}.py`);
  const inOrder = (place: string) => {
    for (const name of names) write(`${place}/${name}`);
    const [files] = findCorpus([join(folder, place)]).languages.values();
    return files?.map((path) => relative(join(folder, place), path).replaceAll('\\', '/'));
  };
  const order = inOrder('here');
  assert.deepEqual(order?.toSorted(), names.toSorted());
  for (const place of ['there', 'far/away', 'some where/else']) assert.deepEqual(inOrder(place), order);
});

test('files of one name in several folders are all found, in the order of the folders', () => {
  const [first, second] = [write('first/same.py'), write('second/same.py')];
  const languages = findCorpus([join(folder, 'second'), first, join(folder, 'first')]).languages;
  assert.deepEqual([...languages.values()], [[second, first]]);
});

test('nothing to read is refused in one line', () => {
  assert.throws(() => findCorpus([folder]), /no source files in/);
  assert.throws(() => findCorpus([join(folder, 'none')]), /no such file or folder/);
});

test('the corpus is named without the folders above it', () => {
  write('a.py');
  assert.equal(findCorpus([folder]).name, `${basename(folder)} (Python)`);
});

test('files that hold no source a person wrote are left out', () => {
  assert.equal(readSourceText(write('fine.py', 'x = "ü"\n')), 'x = "ü"\n');
  const unfit: Record<string, string | Buffer> = {
    'binary.py': Buffer.from([0x61, 0, 0x62]),
    'latin.py': Buffer.from('# caf\xe9\n', 'latin1'),
    'huge.py': 'x = 1\n'.repeat(200_000),
    'minified.js': 'a();'.repeat(1_000),
    'empty.py': ' \n\n',
  };
  for (const [name, text] of Object.entries(unfit))
    assert.equal(readSourceText(write(name, text)), null, name);
  assert.equal(readSourceText(join(folder, 'none.py')), null);
});

/** One token for each character: its code. */
function characters(text: string): Int32Array {
  return Int32Array.from(text, (character) => character.charCodeAt(0));
}

const plain = { vocabulary: { fim: null, beginningOfSequence: null }, tokenize: characters, length: 60 };

test('languages take turns, and every file comes once before any comes twice', () => {
  for (const name of ['a', 'b', 'c']) write(`${name}.py`, `# ${name} ${'x'.repeat(40)}\n`.repeat(8));
  write('only.ts', `// t ${'y'.repeat(40)}\n`.repeat(8));
  const windows = [...windowsOf(findCorpus([folder]), plain)];
  assert.deepEqual(
    windows.slice(0, 4).map(({ language }) => language),
    ['Python', 'TypeScript', 'Python', 'TypeScript'],
  );
  const python = windows.filter(({ language }) => language === 'Python').map(({ tokens }) => tokens[2]);
  assert.deepEqual(
    python.slice(0, 3).sort(),
    ['a', 'b', 'c'].map((name) => name.charCodeAt(0)),
  );
});

test('windows cover a file once, whole lines each', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index} = ${'z'.repeat(index)}\n`);
  write('a.py', lines.join(''));
  const windows = [...windowsOf(findCorpus([folder]), { ...plain, length: 10_000 })];
  assert.equal(windows.map(({ tokens }) => String.fromCharCode(...tokens)).join(''), lines.join(''));
  const pieces = [...windowsOf(findCorpus([folder]), plain)].map(({ tokens }) =>
    String.fromCharCode(...tokens),
  );
  for (const piece of pieces) assert.match(piece, /^line \d+ = /);
});

test('where a model can infill, three windows of four are completion prompts', () => {
  for (let index = 0; index < 8; index++) write(`f${index}.py`, 'abcdefghij\n'.repeat(10));
  const fim = { prefix: 1001, suffix: 1002, middle: 1003, order: 'spm' as const, path: false };
  const vocabulary = { fim, beginningOfSequence: 1000 };
  const windows = [...windowsOf(findCorpus([folder]), { ...plain, vocabulary, length: 300 })];
  assert.ok(windows.every(({ tokens }) => tokens[0] === 1000));
  assert.equal(windows.filter(({ tokens }) => tokens.includes(1003)).length, 6);
});

test('no window is longer than asked for', () => {
  write('a.py', 'word '.repeat(20).concat('\n').repeat(50));
  for (const { tokens } of windowsOf(findCorpus([folder]), { ...plain, length: 50 }))
    assert.ok(tokens.length <= 50);
});
