/**
 * Builds `hotset.node` and lays out `dist/native`: the addon with exactly the libraries it needs at run time.
 *
 *     node scripts/build-native.mjs [--target NAME]     a CMake target, `hotset` when left out
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
import { fetchLlamaSource } from './llama-source.mjs';
import { platforms } from './platforms.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const buildFolder = join(root, 'build', 'native');
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

/**
 * cmake-js configures once and then only builds; a stamp tells when the folders it was configured for have changed.
 * @param {string[]} definitions
 */
function configure(definitions) {
  const stamp = join(buildFolder, 'configured.txt');
  const wanted = definitions.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(buildFolder, { recursive: true, force: true });
  cmakeJs(['configure', ...definitions]);
  writeFileSync(stamp, wanted);
}

/** @param {string[]} args */
function cmakeJs(args) {
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

/** @param {string} libraries @param {string} llamaSource */
function stageAddon(libraries, llamaSource) {
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
  const at = process.argv.indexOf('--target');
  const target = at < 0 ? 'hotset' : (process.argv[at + 1] ?? '');
  const libraries = findLibraries();
  const llamaSource = fetchLlamaSource(root);
  configure([`--CDHOTSET_LLAMA_SOURCE=${llamaSource}`, `--CDHOTSET_LLAMA_LIBRARIES=${libraries}`]);
  cmakeJs(['build', '--target', target, '--parallel', '2']);
  if (target === 'hotset') stageAddon(libraries, llamaSource);
}

try {
  main();
} catch (error) {
  // A failed command has already printed what is wrong.
  console.error(`build-native: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
