/**
 * Compiles the native tests for 64-bit ARM and runs those of the kernels under QEMU, once on a processor with dot
 * products and once on one without:
 *
 *     node scripts/test-arm.mjs [DOCTEST ARGUMENT...]
 *
 * Arguments of doctest choose other tests. On an ARM machine `test-native.mjs` does all of this without QEMU.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchLlamaSource } from './llama-source.mjs';
import { platforms } from './platforms.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const buildFolder = join(root, 'build', 'native-arm64');

/** Where Debian's cross compiler keeps ARM's C library. */
const systemRoot = '/usr/aarch64-linux-gnu';

/** The programs it takes, and Debian's packages of them. */
const programs = {
  cmake: 'cmake',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  'qemu-aarch64': 'qemu-user',
};

/** QEMU's names of processors: ARMv8.2 with dot products, ARMv8.0. */
const processors = ['cortex-a76', 'cortex-a57'];

const kernelTests = '--source-file=*kernels_test*,*signs_test*,*product_node_test*,*cached_attention_test*';

/** @returns {string[]} Debian packages */
function missingPackages() {
  const folders = (process.env['PATH'] ?? '').split(':');
  return Object.entries(programs).flatMap(([program, name]) =>
    folders.some((folder) => existsSync(join(folder, program))) ? [] : [name],
  );
}

/** @returns {string} the folder of ggml's and llama.cpp's libraries for ARM */
function findLibraries() {
  const { package: name, folder } = platforms['linux-arm64'] ?? { package: '', folder: '' };
  const libraries = join(root, 'node_modules', name, folder);
  if (!existsSync(libraries)) throw new Error(`${name} is not installed: run \`npm ci\``);
  return libraries;
}

/** @param {string} command @param {string[]} args */
function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

function build() {
  run('cmake', [
    ...['-S', 'native', '-B', buildFolder, '--log-level=WARNING'],
    '-DCMAKE_BUILD_TYPE=Release',
    '-DCMAKE_SYSTEM_NAME=Linux',
    '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
    '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++',
    // GCC notes what it passes otherwise than its version 9 did; nothing here is that old.
    '-DCMAKE_CXX_FLAGS=-Wno-psabi',
    `-DHOTSET_LLAMA_SOURCE=${fetchLlamaSource(root)}`,
    `-DHOTSET_LLAMA_LIBRARIES=${findLibraries()}`,
  ]);
  const parallel = String(availableParallelism());
  run('cmake', ['--build', buildFolder, '--target', 'hotset_tests', '--parallel', parallel]);
}

function main() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('cross compiling is for x86 machines with Linux; on ARM, run `npm run test:native`');
  }
  const missing = missingPackages();
  if (missing.length > 0) {
    throw new Error(`the cross compiler or QEMU is missing: sudo apt-get install ${missing.join(' ')}`);
  }
  build();
  const tests = process.argv.length > 2 ? process.argv.slice(2) : [kernelTests];
  for (const processor of processors) {
    console.log(`test-arm: on a ${processor}`);
    run('qemu-aarch64', ['-cpu', processor, '-L', systemRoot, join(buildFolder, 'hotset_tests'), ...tests]);
  }
}

try {
  main();
} catch (error) {
  // A failed command has already printed what is wrong.
  console.error(`test-arm: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
