/**
 * Packs the extension for one platform and says what takes the room.
 *
 *     node scripts/package.mjs [--target linux-x64]     this machine's platform when left out
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { environmentWithNode24, node24, root } from './node24.mjs';
import { platforms } from './platforms.mjs';

const require = createRequire(import.meta.url);

/** What the bundles hold of other people's code, with the licence each asks to be shown. */
const bundledPackages = ['vscode-jsonrpc'];

/** @param {string} target */
function requireTarget(target) {
  if (!(target in platforms)) {
    throw new Error(`there is no target ${target}; choose one of ${Object.keys(platforms).join(', ')}`);
  }
  if (target !== `${process.platform}-${process.arch}`) {
    throw new Error(`the addon for ${target} must be built on ${target}: run this there`);
  }
}

function requireModel() {
  const models = readdirSync(join(root, 'models')).filter((name) => name.endsWith('.gguf'));
  if (models.length === 0) throw new Error('models/ holds no model');
}

function writeThirdPartyLicences() {
  const texts = bundledPackages.map((name) => {
    const folder = join(root, 'node_modules', name);
    const licence = readdirSync(folder).find((file) => /^licen[sc]e/i.test(file));
    if (!licence) throw new Error(`${name} ships no licence text`);
    return `${name}\n\n${readFileSync(join(folder, licence), 'utf8').trim()}\n`;
  });
  writeFileSync(join(root, 'dist', 'THIRD_PARTY_LICENSES.txt'), texts.join('\n---\n\n'));
}

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Sizes before packing, largest first: what a person can do something about. */
function printContents() {
  const files = ['dist', 'models', 'media'].flatMap((folder) => filesBelow(join(root, folder)));
  /** @type {Map<string, number>} */
  const groups = new Map();
  for (const file of files) {
    const name = relative(root, file).replace(/libggml-cpu-.*\.so$/, 'libggml-cpu-*.so');
    groups.set(name, (groups.get(name) ?? 0) + statSync(file).size);
  }
  for (const [name, size] of [...groups].sort((a, b) => b[1] - a[1]).slice(0, 10)) {
    console.log(`${(size / 1e6).toFixed(1).padStart(8)} MB  ${name}`);
  }
}

function main() {
  const { values } = parseArgs({
    options: { target: { type: 'string', default: `${process.platform}-${process.arch}` } },
  });
  requireTarget(values.target);
  requireModel();
  execFileSync(node24(), [join(root, 'scripts', 'bundle.mjs')], { stdio: 'inherit' });
  writeThirdPartyLicences();
  const { version } = /** @type {{ version: string }} */ (require('../package.json'));
  const out = join(root, `hotset-${values.target}-${version}.vsix`);
  const arguments_ = ['package', '--target', values.target, '--no-dependencies', '--out', out];
  execFileSync(node24(), [require.resolve('@vscode/vsce/vsce'), ...arguments_], {
    cwd: root,
    env: environmentWithNode24(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  printContents();
  console.log(`${(statSync(out).size / 1e6).toFixed(1).padStart(8)} MB  ${relative(root, out)} (packed)`);
}

try {
  main();
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
