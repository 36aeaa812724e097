/**
 * Builds llama.cpp's own server below `build/`, for tests that ask a real one: from the sources of the very release whose
 * libraries Hotset ships. Linux only; some minutes.
 *
 *     node scripts/build-llama-server.mjs
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fetchLlamaSource, version } from './llama-source.mjs';
import { root } from './node24.mjs';
import { platforms } from './platforms.mjs';

const build = join(root, 'build', 'llama-server');

/** Where the program lies once it is built. */
export const llamaServer = join(build, 'llama-server');

function main() {
  const platform = platforms[`${process.platform}-${process.arch}`];
  if (process.platform !== 'linux' || !platform) throw new Error('llama-server is built on Linux alone');
  const libraries = join(root, 'node_modules', platform.package, platform.folder);
  const source = fetchLlamaSource(root, {
    folder: `llama.cpp-${version}-server`,
    paths: ['include', 'ggml/include', 'common', 'src', 'tools/server', 'tools/mtmd', 'vendor', 'LICENSE'],
  });
  const run = (/** @type {string[]} */ ...args) => execFileSync('cmake', args, { stdio: 'inherit' });
  const definitions = [`-DLLAMA_SOURCE=${source}`, `-DLLAMA_LIBRARIES=${libraries}`];
  run('-S', join(root, 'test', 'llama-server'), '-B', build, ...definitions);
  run('--build', build, '--parallel', String(availableParallelism()));
  linkBackends(libraries);
  console.log(llamaServer);
}

/** It looks for them where it lies itself. @param {string} libraries */
function linkBackends(libraries) {
  for (const name of readdirSync(libraries).filter((each) => each.startsWith('libggml-cpu-'))) {
    const link = join(build, name);
    if (!existsSync(link)) symlinkSync(join(libraries, name), link);
  }
}

if (process.argv[1] === import.meta.filename) main();
