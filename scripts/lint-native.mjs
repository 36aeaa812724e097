/**
 * Checks native/: format, direction of includes, clang-tidy. A source that clang-tidy found nothing wrong with is not
 * looked at again until it, a header it includes or the configuration changes.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { clangTidy, installClangTidy } from './clang-tidy.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const memory = join(root, 'build', 'native-lint.json');

/**
 * addon → decode → (hybrid → neurons → kernels) → gguf: which rooms each may include besides itself.
 * @type {Record<string, string[]>}
 */
const allowedRooms = {
  runtime: [],
  gguf: ['runtime'],
  kernels: ['gguf', 'runtime'],
  neurons: ['kernels', 'gguf', 'runtime'],
  hybrid: ['neurons', 'kernels', 'gguf', 'runtime'],
  decode: ['hybrid', 'neurons', 'kernels', 'gguf', 'runtime'],
  shapes: ['hybrid', 'neurons', 'kernels', 'gguf', 'runtime'],
  addon: ['decode', 'shapes', 'hybrid', 'neurons', 'kernels', 'gguf', 'runtime'],
};

/**
 * graph → (products, sparse → prediction, attention) → weights → placement: the same for the rooms within hybrid.
 * @type {Record<string, string[]>}
 */
const allowedInHybrid = {
  placement: [],
  weights: ['placement'],
  attention: ['weights', 'placement'],
  prediction: ['weights', 'placement'],
  sparse: ['prediction', 'weights', 'placement'],
  products: ['prediction', 'weights', 'placement'],
  graph: ['products', 'sparse', 'attention', 'prediction', 'weights', 'placement'],
};

/** @returns {string[]} paths from the root */
function nativeFiles() {
  const names = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.(cpp|h)$/.test(name)).map((name) => join('native', name));
}

/** @param {string} file */
function read(file) {
  return readFileSync(join(root, file), 'utf8');
}

/** @param {string} file @returns {string | undefined} undefined: outside every room, such as a test */
function roomOf(file) {
  const parts = file.split(sep);
  const room = parts[1] === 'src' ? parts[2] : parts[1];
  return room !== undefined && room in allowedRooms ? room : undefined;
}

/**
 * @param {string} file
 * @param {string} room
 * @param {(path: string) => string | undefined} targetOf the room that an included path lies in
 * @param {Record<string, string[]>} allowed
 */
function checkRoom(file, room, targetOf, allowed) {
  const complaints = [];
  for (const [, included = ''] of read(file).matchAll(/^#include "([^"]+)"/gm)) {
    const target = targetOf(included);
    const isElsewhere = target !== undefined && target in allowed && target !== room;
    if (isElsewhere && !allowed[room]?.includes(target)) {
      complaints.push(`${file}: ${room} must not include "${included}"`);
    }
  }
  return complaints;
}

/** @param {string} path such as `hybrid/graph/stages.h` */
function roomInHybrid(path) {
  return /^hybrid\/(\w+)\//.exec(path)?.[1];
}

/** @param {string} file @returns {string[]} complaints */
function checkIncludes(file) {
  const room = roomOf(file);
  if (room === undefined) return [];
  const complaints = checkRoom(file, room, (path) => path.split('/')[0], allowedRooms);
  const inner = roomInHybrid(relative(join('native', 'src'), file).split(sep).join('/'));
  if (inner !== undefined) complaints.push(...checkRoom(file, inner, roomInHybrid, allowedInHybrid));
  return complaints;
}

/** @param {string[]} files */
function checkFormat(files) {
  try {
    execFileSync('clang-format', ['--dry-run', '-Werror', ...files], { cwd: root, stdio: 'inherit' });
  } catch {
    fail('lint-native: the lines above are not formatted: run clang-format -i on their files');
  }
}

/**
 * The source and all of our headers that it includes, directly or not.
 * @param {string} file
 * @param {Set<string>} seen
 */
function closureOf(file, seen = new Set()) {
  seen.add(file);
  for (const [, name = ''] of read(file).matchAll(/^#include "([^"]+)"/gm)) {
    const places = [join('native', 'src', name), join(dirname(file), name)];
    const found = places.find((place) => existsSync(join(root, place)));
    if (found !== undefined && !seen.has(found)) closureOf(found, seen);
  }
  return seen;
}

/** @param {string} file @returns {string} changes when clang-tidy must look at the source again */
function fingerprint(file) {
  const hash = createHash('sha256')
    .update(read('.clang-tidy'))
    .update(read(join('scripts', 'clang-tidy.txt')));
  for (const part of closureOf(file)) hash.update(read(part));
  return hash.digest('hex');
}

/** @param {string} file @returns {Promise<string>} what clang-tidy finds, empty when it is content */
async function tidy(file) {
  try {
    await promisify(execFile)(clangTidy, ['-p', 'build/native', '--quiet', file], { cwd: root });
    return '';
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    return stdout || stderr || String(error);
  }
}

/**
 * Kernels for another kind of processor are left out: this one's compiler does not know their intrinsics. There, they are
 * looked at. Fuzz targets are built by clang, which warns as it does so.
 * @param {string[]} sources
 */
function builtHere(sources) {
  /** @type {{ file: string }[]} */
  const commands = JSON.parse(read(join('build', 'native', 'compile_commands.json')));
  const built = new Set(commands.map(({ file }) => relative(root, file)));
  const others = sources.filter((source) => !built.has(source));
  if (others.length > 0) console.log(`clang-tidy: not in this build: ${others.join(', ')}`);
  return sources.filter((source) => built.has(source));
}

/** @param {string[]} files @returns {Promise<number>} how many sources clang-tidy complains about */
async function checkWithTidy(files) {
  const sources = builtHere(files.filter((name) => name.endsWith('.cpp')));
  const wanted = new Map(sources.map((file) => [file, fingerprint(file)]));
  /** @type {Record<string, string>} */
  const clean = existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {};
  const queue = [...wanted.keys()].filter((file) => clean[file] !== wanted.get(file));
  console.log(`clang-tidy: ${queue.length} of ${wanted.size} sources to look at`);
  let failures = 0;
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const findings = await tidy(file);
      if (findings) {
        failures += 1;
        console.log(findings);
      } else {
        clean[file] = wanted.get(file) ?? '';
        writeFileSync(memory, JSON.stringify(clean));
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return failures;
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exit(1);
}

try {
  const files = nativeFiles();
  checkFormat(files);
  const complaints = files.flatMap(checkIncludes);
  if (complaints.length > 0) fail(complaints.join('\n'));
  // Brings the commands that every source is compiled with up to date.
  const build = join(root, 'scripts', 'build-native.mjs');
  execFileSync(process.execPath, [build, '--target', 'hotset_core'], { stdio: 'inherit' });
  installClangTidy();
  const failures = await checkWithTidy(files);
  if (failures > 0) fail(`clang-tidy: ${failures} sources with findings`);
} catch (error) {
  fail(`lint-native: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
}
