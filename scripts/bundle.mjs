/** Bundles the extension host's code, the engine process and the CLI into one CommonJS file each, under `dist/`. */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // CommonJS has no import.meta; where a bundle lies is what the sources ask it for.
  define: { 'import.meta.dirname': '__dirname' },
  sourcemap: process.argv.includes('--sourcemap'),
  minify: process.argv.includes('--minify'),
  keepNames: true,
  legalComments: 'eof',
  logLevel: 'warning',
};

for (const name of ['host', 'engine', 'cli']) rmSync(join(root, 'dist', `${name}.cjs.map`), { force: true });

await Promise.all([
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
]);

chmodSync(join(root, 'dist', 'cli.cjs'), 0o755);
