/**
 * Brings a fresh clone to where everything runs; quick where that has been done before.
 *
 *     node scripts/setup.mjs         what the product needs: packages, native build, bundles
 *     node scripts/setup.mjs test    and what its tests need: browser, linters, a real VS Code workbench
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installClangTidy } from './clang-tidy.mjs';
import { version } from './llama-source.mjs';
import { environmentWithNode24, node24, root } from './node24.mjs';
import { platforms } from './platforms.mjs';

const editorRig = join(root, 'test', 'editor', 'rig');

const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** What must be there, by the name of a program, and the Debian package that brings it. */
const buildTools = { git: 'git', cmake: 'cmake', make: 'make', 'g++': 'g++', python3: 'python3', tar: 'tar' };
const testTools = {
  'clang-format': 'clang-format',
  chromium: 'chromium',
  strace: 'strace',
};
/** Packages without a program of their own, by a file they bring. */
const testFiles = {
  '/usr/include/doctest/doctest.h': 'doctest-dev',
  '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf': 'fonts-dejavu-core',
  '/usr/include/gssapi/gssapi.h': 'libkrb5-dev',
  [`/usr/share/vulkan/icd.d/lvp_icd.${architecture}.json`]: 'mesa-vulkan-drivers',
};

/** Debian keeps what makes a virtual environment in a package of its own. */
function missingPythonPackages() {
  try {
    execFileSync('python3', ['-c', 'import ensurepip'], { stdio: 'ignore' });
    return [];
  } catch {
    return process.platform === 'linux' ? ['python3-venv'] : [];
  }
}

/** What the training pipeline needs beside python3. Its suite is skipped where that can't be had. */
const trainingFiles = {
  '/usr/lib/python3/dist-packages/torch/__init__.py': 'python3-torch',
  '/usr/lib/python3/dist-packages/sentencepiece/__init__.py': 'python3-sentencepiece',
  [`/usr/lib/${architecture}-linux-gnu/openblas-pthread/libopenblas.so.0`]: 'libopenblas0-pthread',
};

/** @param {string} program */
function isOnPath(program) {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => existsSync(join(folder, program)));
}

/**
 * The Debian packages of what is missing.
 * @param {Record<string, string>} programs
 * @param {Record<string, string>} files
 */
function missingPackages(programs, files) {
  if (process.platform !== 'linux') return [];
  return [
    ...Object.entries(programs).flatMap(([program, name]) => (isOnPath(program) ? [] : [name])),
    ...Object.entries(files).flatMap(([file, name]) => (existsSync(file) ? [] : [name])),
  ];
}

/**
 * Installs them where that is allowed (root on Debian), otherwise says what to install.
 * @param {string[]} packages
 */
function installSystemPackages(packages) {
  if (packages.length === 0) return;
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
    throw new Error(
      `some system packages are missing; install them with\n  sudo apt-get ${install.join(' ')}`,
    );
  }
  console.log(`setup: installing ${packages.join(', ')}`);
  /** @type {import('node:child_process').ExecFileSyncOptions} */
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync('apt-get', install, options);
}

function offerTrainingPackages() {
  try {
    installSystemPackages(missingPackages({}, trainingFiles));
  } catch (error) {
    console.log(
      `setup: test:training may be skipped: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** @param {string} file */
function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * @param {string[]} command
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} environment
 */
function npm(command, folder, environment) {
  const env = { ...environment };
  // Inherited from an npm around this one, it would name that one's Node to the install scripts.
  delete env['npm_config_user_agent'];
  execFileSync('npm', [...command, '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
    shell: process.platform === 'win32',
  });
}

/**
 * `npm ci` in `folder`, unless what is there was installed from the very same lock file.
 * @param {string} folder
 * @param {string[]} options
 * @param {() => NodeJS.ProcessEnv} environment asked for only when needed
 */
function installPackages(folder, options, environment) {
  const lock = hashOf(join(folder, 'package-lock.json'));
  const stamp = join(folder, 'node_modules', '.installed-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.log(`setup: npm ci in ${folder === root ? 'the repository' : folder.slice(root.length + 1)}`);
  npm(['ci', ...options], folder, environment());
  writeFileSync(stamp, lock);
}

/** Adds the ready-built libraries where the lock file doesn't bring them. */
function installLibraries() {
  const name = platforms[`${process.platform}-${process.arch}`]?.package;
  if (!name || existsSync(join(root, 'node_modules', name))) return;
  console.log(`setup: installing ${name}`);
  npm(['install', '--no-save', '--ignore-scripts', `${name}@${version}`], root, process.env);
}

/** Points node-gyp at the headers that come with Node 24, so that it neither looks for nor downloads others. */
function environmentWithHeaders() {
  return { ...environmentWithNode24(), npm_config_nodedir: dirname(dirname(node24())) };
}

/** @param {string} script */
function run(script) {
  execFileSync(node24(), [join(root, 'scripts', script)], { cwd: root, stdio: 'inherit' });
}

/** @param {'product' | 'test'} purpose */
export function setUp(purpose) {
  installSystemPackages(
    purpose === 'test'
      ? [...missingPackages({ ...buildTools, ...testTools }, testFiles), ...missingPythonPackages()]
      : missingPackages(buildTools, {}),
  );
  if (purpose === 'test') {
    installClangTidy();
    offerTrainingPackages();
  }
  // No package of ours needs its install script: what is native comes ready-built.
  installPackages(root, ['--ignore-scripts'], () => process.env);
  installLibraries();
  run('build-native.mjs');
  run('bundle.mjs');
  // code-server compiles and lays out its parts in install scripts.
  if (purpose === 'test') installPackages(editorRig, [], environmentWithHeaders);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    setUp(process.argv[2] === 'test' ? 'test' : 'product');
  } catch (error) {
    console.error(`setup: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
