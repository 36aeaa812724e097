/** Which files imports lead to, and what a prompt is told of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importedDeclarations } from '../../../../extension/engine/context/declarations.ts';
import { importedFiles } from '../../../../extension/engine/context/imported-files.ts';
import type { GrammarName } from '../../../../extension/engine/syntax/languages.ts';

function leadsTo(from: string, grammar: GrammarName, path: string, file: string, names: string[] = []) {
  const places = importedFiles(from, grammar, { path, names });
  return places.some((candidates) => candidates.some((candidate) => candidate.path === file));
}

test('imports lead to files as their languages find them', () => {
  assert.ok(leadsTo('src/a.ts', 'typescript', './b.ts', 'src/b.ts'));
  assert.ok(leadsTo('src/a.ts', 'typescript', './b.js', 'src/b.ts'), 'by the name of what it compiles to');
  assert.ok(leadsTo('src/a.ts', 'typescript', '../lib', 'lib/index.ts'));
  assert.ok(leadsTo('pkg/sub/a.py', 'python', '..b', 'pkg/b.py'));
  assert.ok(leadsTo('pkg/sub/a.py', 'python', 'pkg.b', 'pkg/b/__init__.py'), 'from a folder above');
  assert.ok(leadsTo('pkg/a.py', 'python', '.', 'pkg/b.py', ['b']), 'a module of a package');
  assert.ok(leadsTo('src/x/a.cpp', 'cpp', 'y/b.h', 'src/y/b.h'));
  assert.ok(leadsTo('src/x/a.cpp', 'cpp', 'b.h', 'include/b.h'));
});

test('neither packages nor anything outside of the workspace', () => {
  assert.deepEqual(importedFiles('a.ts', 'typescript', { path: 'node:fs', names: null }), [[]]);
  const outside = importedFiles('a.ts', 'typescript', { path: '../secret', names: null }).flat();
  assert.deepEqual(outside, []);
  const above = importedFiles('a/b.py', 'python', { path: '....c', names: null }).flat();
  assert.deepEqual(above, []);
});

test('what the editor found is told behind what paths lead to, each declaration once', async () => {
  const files: Record<string, string> = {
    'src/b.ts': 'export const near = 1;\n',
    'lib/far.ts': 'export function far(): void {}\nexport const unwanted = 2;\n',
    'lib/far.go': 'package lib\n',
  };
  const text = "import { near } from './b';\nimport { far } from '@lib/far';\nfar(); near;\n";
  const found = [
    { path: 'lib/far.ts', names: ['far'] },
    { path: 'src/b.ts', names: null },
    { path: 'lib/far.go', names: null, declarations: [{ name: 'Far', text: 'func Far() error' }] },
    { path: 'lib/secret.go', names: null, declarations: [{ name: 'Secret', text: 'const Secret = 1' }] },
  ];
  const pieces = await importedDeclarations({ path: 'src/a.ts', text }, (path) => files[path] ?? null, {
    found,
  });
  assert.deepEqual(
    pieces.map((piece) => `${piece.path}: ${piece.text}`),
    [
      'src/b.ts: export const near = 1;',
      'lib/far.ts: export function far(): void',
      'lib/far.go: func Far() error',
    ],
  );
});

test('what the file names oftenest is wanted most, and what it does not import not at all', async () => {
  const files: Record<string, string> = {
    'src/b.ts': 'export const rare = 1;\nexport function often(): void {}\nexport const other = 2;\n',
  };
  const text = "import { often, rare } from './b';\noften(); often(); rare;\n";
  const pieces = await importedDeclarations({ path: 'src/a.ts', text }, (path) => files[path] ?? null);
  assert.deepEqual(pieces, [
    { path: 'src/b.ts', text: 'export const rare = 1;', weight: 2 },
    { path: 'src/b.ts', text: 'export function often(): void', weight: 3 },
  ]);
});
