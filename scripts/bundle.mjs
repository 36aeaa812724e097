/** Bundles the extension host's code, the engine process and the CLI into one CommonJS file each, under `dist/`. */
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packageOf, rememberBundled } from './bundled-packages.mjs';

const root = join(import.meta.dirname, '..');
const solver = fileURLToPath(import.meta.resolve('highs/runtime'));
const parser = fileURLToPath(import.meta.resolve('web-tree-sitter/web-tree-sitter.wasm'));
const grammars = dirname(fileURLToPath(import.meta.resolve('@vscode/tree-sitter-wasm')));
/** Of the languages in extension/engine/syntax/languages.ts; C++'s reads C. */
const languages = [
  ...['bash', 'c-sharp', 'cpp', 'go', 'java', 'javascript'],
  ...['php', 'python', 'ruby', 'rust', 'tsx', 'typescript'],
];

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // CommonJS has no import.meta; where a bundle lies is what the sources ask it for.
  define: { 'import.meta.dirname': '__dirname' },
  // For the same reason the CommonJS forms of solver and parser; the solver looks for its WebAssembly beside the bundle.
  alias: {
    highs: join(dirname(solver), 'highs.js'),
    'web-tree-sitter': join(dirname(parser), 'web-tree-sitter.cjs'),
  },
  sourcemap: process.argv.includes('--sourcemap'),
  minify: process.argv.includes('--minify'),
  keepNames: true,
  legalComments: 'eof',
  metafile: true,
  logLevel: 'warning',
};

for (const name of ['host', 'engine', 'cli']) rmSync(join(root, 'dist', `${name}.cjs.map`), { force: true });

const bundles = await Promise.all([
  build({
    ...common,
    entryPoints: ['extension/host/main.ts'],
    outfile: 'dist/host.cjs',
    external: ['vscode'],
  }),
  build({ ...common, entryPoints: ['extension/engine/main.ts'], outfile: 'dist/engine.cjs' }),
  build({
    ...common,
    entryPoints: ['extension/cli/main.ts'],
    outfile: 'dist/cli.cjs',
    banner: { js: '#!/usr/bin/env node' },
  }),
  build({
    ...common,
    platform: 'browser',
    format: 'iife',
    target: 'es2023',
    entryPoints: { map: 'extension/map/main.ts' },
    outdir: 'dist',
  }),
  build({ ...common, entryPoints: { map: 'extension/map/page.css' }, outdir: 'dist' }),
]);

copyFileSync(solver, join(root, 'dist', 'highs.wasm'));
const grammarFolder = join(root, 'dist', 'grammars');
mkdirSync(grammarFolder, { recursive: true });
copyFileSync(parser, join(grammarFolder, basename(parser)));
for (const language of languages) {
  const file = `tree-sitter-${language}.wasm`;
  copyFileSync(join(grammars, file), join(grammarFolder, file));
}
chmodSync(join(root, 'dist', 'cli.cjs'), 0o755);

const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
rememberBundled([...inputs, solver, parser, grammars].map(packageOf));
