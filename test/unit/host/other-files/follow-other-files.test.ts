/** What the engine is told of other files, and when. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type * as vscode from 'vscode';
import type { OtherFilesParams } from '../../../../extension/protocol/requests.ts';
import { FakeClock } from '../../scheduling/fake-clock.ts';
import { commands, cursorIn, installFakeVscode, TabInputText, window, workspace } from '../fake-vscode.ts';

installFakeVscode();
const { OtherFilesFollower } = await import('../../../../extension/host/other-files/follow-other-files.ts');

interface Asked {
  readonly command: string;
  readonly path: string;
  readonly at: string;
}

const settings = { isEnabled: true, isLanguageEnabled: () => true, readsImports: true };
let clock = new FakeClock();
let told: OtherFilesParams[] = [];
let logged: string[] = [];
let asked: Asked[] = [];
let answers: Record<string, unknown> = {};
let follower: InstanceType<typeof OtherFilesFollower> | null = null;

beforeEach(() => {
  clock = new FakeClock();
  [told, logged, asked, answers] = [[], [], [], {}];
  workspace.isTrusted = true;
  workspace.textDocuments = [];
  commands.executeCommand = (command, ...parameters) => {
    const [uri, position] = parameters as [vscode.Uri, vscode.Position | undefined];
    const document = workspace.textDocuments.find((each) => each.uri.path === uri.path);
    const rest = position === undefined ? '' : (document?.getText().slice(document.offsetAt(position)) ?? '');
    const at = /^[\w@/]*/.exec(rest)?.[0] ?? '';
    asked.push({ command, path: uri.path, at });
    const answer = answers[`${command.replace('vscode.execute', '')} ${at === '' ? uri.path : at}`];
    if (answer instanceof Error) return Promise.reject(answer);
    return answer instanceof Promise ? answer : Promise.resolve(answer ?? []);
  };
});

afterEach(() => {
  follower?.dispose();
  follower = null;
});

function open(path: string, text: string, isDirty = false, languageId = 'typescript', scheme = 'file') {
  const { document } = cursorIn(`${text}|`, languageId, scheme, `/workspace/${path}`);
  const opened = Object.assign(document, { isDirty });
  workspace.textDocuments.push(opened);
  return opened;
}

function show(document: vscode.TextDocument): void {
  window.activeTextEditor = { document } as vscode.TextEditor;
  window.switched.fire(window.activeTextEditor);
}

function follow(options: Partial<typeof settings> = {}, isUseful = true): void {
  follower = new OtherFilesFollower(
    { tell: (others) => told.push(others) },
    { ...settings, ...options },
    { isUseful: () => isUseful, log: (line) => logged.push(line), clock },
  );
}

test('unsaved documents beside the active one, the one changed last first, soon after it is shown', async () => {
  const [first, second] = [open('a.ts', 'first', true), open('src/b.ts', 'second', true)];
  const active = open('c.ts', 'active', true);
  open('saved.ts', 'saved');
  follow();
  for (const document of [first, second]) workspace.changed.fire({ document });
  show(active);
  await clock.advance(99);
  assert.deepEqual(told, []);
  await clock.advance(1);
  assert.deepEqual(told, [
    {
      folder: '/workspace/',
      document: 'file:/workspace/c.ts',
      unsaved: [
        { path: 'src/b.ts', text: 'second' },
        { path: 'a.ts', text: 'first' },
      ],
      open: ['a.ts', 'src/b.ts'],
      found: [],
    },
  ]);
});

test('while somebody types nothing is told, nor the same twice', async () => {
  const other = open('a.ts', 'other');
  const active = open('c.ts', "import { x } from '@/x';\n");
  show(active);
  follow();
  await clock.advance(100);
  assert.equal(told.length, 1);
  for (let key = 0; key < 20; key++) {
    Object.assign(other, { isDirty: true });
    workspace.changed.fire({ document: active });
    await clock.advance(500);
  }
  assert.equal(told.length, 1);
  assert.deepEqual(asked, []);
  await clock.advance(500);
  assert.deepEqual(told[1]?.unsaved, [{ path: 'a.ts', text: 'other' }]);
  workspace.saved.fire(active);
  await clock.advance(5_000);
  assert.equal(told.length, 2);
});

test('no secrets, nobody else’s code, nothing outside of the folder, nothing huge, no more than a person edits', async () => {
  for (const path of ['.env', 'config/secrets.ts', 'deploy/server.pem', 'node_modules/p/a.ts']) {
    open(path, 'hidden', true);
  }
  workspace.textDocuments.push(
    Object.assign(cursorIn('|hidden', 'typescript', 'file', '/elsewhere/a.ts').document, { isDirty: true }),
  );
  open('Untitled-1', 'hidden', true, 'typescript', 'untitled');
  open('huge.ts', 'x'.repeat(300_000), true);
  for (let index = 0; index < 20; index++) open(`open-${index}.ts`, 'x'.repeat(80_000), true);
  show(open('c.ts', ''));
  follow();
  await clock.advance(100);
  const paths = told[0]?.unsaved.map(({ path }) => path) ?? [];
  assert.equal(paths.length, 13, 'a million characters');
  assert.ok(
    paths.every((path) => path.startsWith('open-')),
    paths.join(),
  );
});

test('what is open in tabs or was changed lately, in the order of names, whatever was used last', async () => {
  const [b, a] = [open('b.ts', ''), open('a.ts', '')];
  for (const path of ['.env', 'z.ts'])
    window.tabGroups.all[0]?.tabs.push({ input: new TabInputText(open(path, '').uri) });
  const active = open('c.ts', '');
  show(active);
  follow();
  for (const document of [b, a, b]) workspace.changed.fire({ document });
  await clock.advance(1_100);
  assert.deepEqual(told.at(-1)?.open, ['a.ts', 'b.ts', 'z.ts']);
  const before = told.length;
  workspace.changed.fire({ document: a });
  await clock.advance(1_100);
  assert.equal(told.length, before);
  for (let index = 0; index < 20; index++) workspace.changed.fire({ document: open(`more-${index}.ts`, '') });
  await clock.advance(1_100);
  assert.equal(told.at(-1)?.open.length, 10);
});

const silent = {
  'in a workspace that is not trusted': () => {
    workspace.isTrusted = false;
    follow();
  },
  'where imports may not be read': () => {
    follow({ readsImports: false });
  },
  'while completions are switched off': () => {
    follow({ isEnabled: false });
  },
  'for a model that has no use for it': () => {
    follow({}, false);
  },
};

for (const [name, start] of Object.entries(silent)) {
  test(`${name} nothing is told and nothing asked`, async () => {
    open('a.ts', 'other', true);
    show(open('c.ts', "import { x } from '@/x';\n"));
    start();
    for (let second = 0; second < 10; second++) await clock.advance(1_000);
    assert.deepEqual([told, asked], [[], []]);
  });
}

function at(path: string, scheme = 'file') {
  return { uri: { scheme, path, toString: () => `${scheme}:${path}` } };
}

test('what language support finds is told once nobody types, where it may be read', async () => {
  const active = open(
    'c.ts',
    "import { One, Two } from '@/shapes';\nimport { env } from '@/env';\nimport * as p from 'p';\n",
  );
  answers = {
    'DefinitionProvider One': [at('/workspace/lib/one.ts')],
    'DefinitionProvider Two': [{ targetUri: at('/workspace/lib/one.ts').uri }, at('/workspace/c.ts')],
    'DefinitionProvider env': [at('/workspace/config/secrets.ts')],
    'DefinitionProvider p': [at('/workspace/node_modules/p/index.d.ts'), at('/usr/lib/p.d.ts')],
  };
  show(active);
  follow();
  await clock.advance(100);
  assert.deepEqual(told[0]?.found, []);
  await clock.advance(899);
  assert.deepEqual(asked, []);
  await clock.advance(1);
  assert.deepEqual(told[1]?.found, [{ path: 'lib/one.ts', names: ['One', 'Two'] }]);
  assert.deepEqual(
    asked.map(({ at }) => at),
    ['One', 'Two', 'env', 'p'],
  );
  workspace.changed.fire({ document: active });
  await clock.advance(5_000);
  assert.equal(asked.length, 4, 'the imports are what they were');
});

test('who comes back is told at once what was found before, and it is looked for again', async () => {
  const [active, other] = [open('c.ts', "import { One } from '@/one';\n"), open('d.ts', '')];
  answers = { 'DefinitionProvider One': [at('/workspace/lib/one.ts')] };
  show(active);
  follow();
  await clock.advance(1_000);
  show(other);
  await clock.advance(1_000);
  assert.deepEqual(told.at(-1)?.found, []);
  answers = { 'DefinitionProvider One': [at('/workspace/lib/moved.ts')] };
  show(active);
  await clock.advance(100);
  assert.deepEqual(told.at(-1)?.found, [{ path: 'lib/one.ts', names: ['One'] }]);
  await clock.advance(900);
  assert.deepEqual(told.at(-1)?.found, [{ path: 'lib/moved.ts', names: ['One'] }]);
});

test('what logs write all the time keeps nothing waiting', async () => {
  show(open('c.ts', "import { One } from '@/one';\n"));
  const { document } = cursorIn('|', 'log', 'output', '/extension-output');
  follow();
  for (let line = 0; line < 20; line++) {
    workspace.changed.fire({ document });
    await clock.advance(50);
  }
  assert.deepEqual([told.length, asked.length], [1, 1]);
});

test('files that the engine has no grammar for are told by their symbols', async () => {
  open('lib/shape.go', 'package lib\n\nfunc Area(width int) int {\n\treturn width\n}\n', false, 'go');
  const active = open('main.go', 'package main\n\nimport "example/lib"\n', false, 'go');
  const line = { start: { line: 2 } };
  answers = {
    'DefinitionProvider example/lib': [at('/workspace/lib/shape.go'), at('/workspace/lib/shape.md')],
    'DocumentSymbolProvider /workspace/lib/shape.go': [
      { name: 'Area', kind: 11, selectionRange: line, range: line, children: [] },
    ],
  };
  show(active);
  follow();
  await clock.advance(100);
  await clock.advance(900);
  assert.deepEqual(told.at(-1)?.found, [
    { path: 'lib/shape.go', names: null, declarations: [{ name: 'Area', text: 'func Area(width int) int' }] },
  ]);
  assert.ok(!asked.some(({ path }) => path.endsWith('.md')), 'a file of another language');
});

test('language support that takes too long is waited for no longer, and asked again later', async () => {
  const active = open('c.ts', "import { One, Two } from '@/shapes';\n");
  answers = {
    'DefinitionProvider One': [at('/workspace/lib/one.ts')],
    'DefinitionProvider Two': new Promise(() => undefined),
  };
  show(active);
  follow();
  await clock.advance(100);
  await clock.advance(900);
  assert.equal(told.length, 1);
  await clock.advance(3_000);
  assert.deepEqual(told[1]?.found, [{ path: 'lib/one.ts', names: ['One'] }]);
  answers = { ...answers, 'DefinitionProvider Two': [at('/workspace/lib/two.ts')] };
  workspace.changed.fire({ document: active });
  await clock.advance(1_000);
  assert.deepEqual(told[2]?.found, [
    { path: 'lib/one.ts', names: ['One'] },
    { path: 'lib/two.ts', names: ['Two'] },
  ]);
});

test('typing and going elsewhere end the search; what fails is logged', async () => {
  const active = open('c.ts', "import { One, Two } from '@/shapes';\n");
  answers = { 'DefinitionProvider One': new Promise(() => undefined) };
  show(active);
  follow();
  await clock.advance(100);
  await clock.advance(900);
  assert.equal(asked.length, 1);
  workspace.changed.fire({ document: active });
  await clock.advance(100);
  assert.equal(asked.length, 1);
  answers = { 'DefinitionProvider One': new Error('no server') };
  await clock.advance(1_000);
  assert.match(logged.join(), /no server/);
  assert.equal(told.length, 1);
});
