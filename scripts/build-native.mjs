/**
 * Builds `hotset.node` and lays out `dist/native`: the addon with exactly the libraries it needs at run time.
 *
 *     node scripts/build-native.mjs [--target NAME] [--sanitize address|thread|fuzzer]
 *
 * target: of CMake, `hotset` when left out. With sanitizers, which only `hotset_tests` can have, it builds in a folder
 * of its own, by clang; `fuzzer` is for `hotset_fuzzers`.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireClang } from './clang.mjs';
import { writeDefinition } from './dll-exports.mjs';
import { fetchLlamaSource } from './llama-source.mjs';
import { nativeBuildFolder } from './native-build-folder.mjs';
import { platforms } from './platforms.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stage = join(root, 'dist', 'native');

/** The addon has no use for these: the first is another program's addon, the second holds that of llama.cpp's tools. */
const unused = /^(llama-addon\.node|(lib)?llama-common\.(so|dylib|dll)|_nlcBuildMetadata\.json)$/;

/** @returns {string} the folder of the platform package's libraries */
function findLibraries() {
  const key = `${process.platform}-${process.arch}`;
  const platform = platforms[key];
  if (!platform) throw new Error(`there are no ready-built llama.cpp libraries for ${key}`);
  const folder = join(root, 'node_modules', platform.package, platform.folder);
  if (!existsSync(folder)) throw new Error(`${platform.package} is not installed: run \`npm ci\``);
  return folder;
}

/** @param {string} name @returns {string} the argument behind it, or nothing */
function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? '' : (process.argv[at + 1] ?? '');
}

/**
 * cmake-js configures once and then only builds; a stamp tells when the folders it was configured for have changed.
 * @param {string} buildFolder
 * @param {string[]} definitions
 */
function configure(buildFolder, definitions) {
  const stamp = join(buildFolder, 'configured.txt');
  const wanted = definitions.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(buildFolder, { recursive: true, force: true });
  cmakeJs(buildFolder, ['configure', ...definitions]);
  writeFileSync(stamp, wanted);
}

/** @param {string} buildFolder @param {string[]} args */
function cmakeJs(buildFolder, args) {
  const script = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  execFileSync(
    process.execPath,
    [script, ...args, '-d', join(root, 'native'), '-O', buildFolder, '--log-level', 'error'],
    { stdio: 'inherit' },
  );
}

/**
 * Copies beside the target and renames, so that a process that has the old file loaded keeps it.
 * @param {string} from
 * @param {string} to
 */
function copyIfChanged(from, to) {
  const source = statSync(from);
  const target = statSync(to, { throwIfNoEntry: false });
  if (target?.size === source.size && target.mtimeMs >= source.mtimeMs) return;
  const scratch = `${to}.${process.pid}`;
  copyFileSync(from, scratch);
  renameSync(scratch, to);
}

/**
 * What Windows's linker needs to know of each library.
 * @param {string} libraries
 * @returns {string} the folder of module definitions
 */
function describeLibraries(libraries) {
  const folder = join(root, 'build', 'definitions');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(libraries).filter((file) =>
    /^(ggml|llama)(-base|\.v[\d.]+)?\.dll$/.test(file),
  )) {
    writeDefinition(join(libraries, name), join(folder, `${name}.def`));
  }
  return folder;
}

/** @param {string} buildFolder @param {string} libraries @param {string} llamaSource */
function stageAddon(buildFolder, libraries, llamaSource) {
  const wanted = new Map(
    readdirSync(libraries)
      .filter((name) => !unused.test(name))
      .map((name) => [name, join(libraries, name)]),
  );
  wanted.set('hotset.node', join(buildFolder, 'Release', 'hotset.node'));
  // ggml and llama.cpp are one repository under one licence.
  wanted.set('LICENSE.llama.cpp.txt', join(llamaSource, 'LICENSE'));

  mkdirSync(stage, { recursive: true });
  for (const name of readdirSync(stage)) {
    if (!wanted.has(name)) rmSync(join(stage, name), { recursive: true });
  }
  for (const [name, from] of wanted) copyIfChanged(from, join(stage, name));
}

function main() {
  const target = argument('--target') || 'hotset';
  const sanitizer = argument('--sanitize');
  const buildFolder = nativeBuildFolder(sanitizer);
  const libraries = findLibraries();
  const llamaSource = fetchLlamaSource(root);
  const definitions = [`--CDHOTSET_LLAMA_SOURCE=${llamaSource}`, `--CDHOTSET_LLAMA_LIBRARIES=${libraries}`];
  if (process.platform === 'win32') {
    definitions.push(`--CDHOTSET_LLAMA_DEFINITIONS=${describeLibraries(libraries)}`);
  }
  // GCC takes over six minutes for each file of instrumented vector kernels, clang half a minute.
  if (sanitizer !== '') {
    requireClang(sanitizer);
    definitions.push(`--CDHOTSET_SANITIZE=${sanitizer}`, '--CDCMAKE_CXX_COMPILER=clang++');
  }
  if (sanitizer === 'fuzzer') {
    definitions.push(`--CDHOTSET_CORE_ARCHIVE=${join(nativeBuildFolder(''), 'libhotset_core.a')}`);
  }
  configure(buildFolder, definitions);
  cmakeJs(buildFolder, ['build', '--target', target, '--parallel', '2']);
  if (target === 'hotset') stageAddon(buildFolder, libraries, llamaSource);
}

try {
  main();
} catch (error) {
  // A failed command has already printed what is wrong.
  console.error(`build-native: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
