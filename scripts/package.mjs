/**
 * Packs the extension for one platform and says what takes the room.
 *
 *     node scripts/package.mjs [--target linux-x64] [--model qwen2.5-coder-0.5b [--model-licence FILE]] [--out FILE.vsix]
 *
 * This machine's platform when left out, and a file in the repository's folder that names it. The same commit gives the
 * same bytes. With a model of the catalogue in place of the small one, from the user's cache or downloaded, and checked, it
 * completes on machines that may not download; the text of that model's licence goes with it.
 */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { billOfMaterials } from './bill-of-materials.mjs';
import { bundledPackages } from './bundled-packages.mjs';
import { carriedModel } from './carried-model.mjs';
import { environmentWithNode24, node24, root } from './node24.mjs';
import { platforms, readyBuiltLibraries } from './platforms.mjs';

const require = createRequire(import.meta.url);

/** The package is put together here, so that nothing gets into it that is not named in this file. */
const staged = join(root, 'build', 'package');

/** What ships as it is, besides manifest, README and the licences of others. */
const shipped = [
  ...['LICENSE', 'models/README.md', 'media/icon.png', 'media/walkthrough'],
  ...['media/typing-dark.webp', 'media/typing-light.webp'],
  ...['dist/host.cjs', 'dist/engine.cjs', 'dist/cli.cjs', 'dist/map.js', 'dist/map.css', 'dist/highs.wasm'],
  ...['dist/grammars', 'dist/native'],
];

/** Parts of the manifest that only matter to developers. */
const developersFields = ['private', 'scripts', 'dependencies', 'optionalDependencies', 'devDependencies'];

/** Who holds the rights in the grammars, which are all under the MIT licence; their package names them nowhere. */
const grammarAuthors = {
  bash: '2017 Max Brunsfeld',
  'c-sharp': '2014-2023 Max Brunsfeld, Damien Guard, Amaan Qureshi, and contributors',
  cpp: '2014 Max Brunsfeld',
  go: '2014 Max Brunsfeld',
  java: '2017 Ayman Nadeem',
  javascript: '2014 Max Brunsfeld',
  php: '2017 Josh Vera, GitHub; 2019 Max Brunsfeld, Amaan Qureshi, Christian Frøystad, Caleb White',
  python: '2016 Max Brunsfeld',
  ruby: '2016 Rob Rix',
  rust: '2017 Maxim Sokolov',
  typescript: '2017 Max Brunsfeld',
};

/** @param {string} target */
function requireTarget(target) {
  if (!(target in platforms)) {
    throw new Error(`there is no target ${target}; choose one of ${Object.keys(platforms).join(', ')}`);
  }
  if (target !== `${process.platform}-${process.arch}`) {
    throw new Error(`the addon for ${target} must be built on ${target}: run this there`);
  }
}

/** @returns {string[]} the embedded model and its profile */
function modelFiles() {
  const files = readdirSync(join(root, 'models')).filter((name) => name.endsWith('.gguf'));
  if (files.length === 0) throw new Error('models/ holds no model');
  return files.map((name) => join('models', name));
}

function stagedManifest() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const field of developersFields) delete manifest[field];
  return JSON.stringify(manifest, null, 2);
}

/** The editor shows the README without the repository around it: pictures and links into it would be broken there. */
function stagedReadme() {
  return readFileSync(join(root, 'README.md'), 'utf8')
    .replace(/^<picture>$[^]*?^<\/picture>\n+_[^\n]*_\n+/gm, '')
    .replace(/^!\[[^\]]*\]\((?!https?:)[^)]*\)\n+/gm, '')
    .replace(/\[([^\]]*)\]\((?!https?:)[^)]*\)/g, '$1');
}

/** @param {import('./carried-model.mjs').CarriedModel | null} carried */
function thirdPartyLicences(carried) {
  const texts = bundledPackages().map(({ name, licenseText }) => `${name}\n\n${licenseText}\n`);
  const grammars = Object.entries(grammarAuthors).map(
    ([name, author]) => `tree-sitter-${name}: MIT licence, Copyright (c) ${author}\n`,
  );
  const model =
    carried === null
      ? []
      : [
          `${carried.name}: ${carried.licence}, from https://huggingface.co/${carried.repository}\n\n${carried.licenceText}\n`,
        ];
  return [...texts, grammars.join(''), ...model].join('\n---\n\n');
}

/**
 * The time that all files of the package bear, so that the same commit gives the same bytes: of the commit, or what
 * reproducible-builds.org has builders say.
 * @returns {string} seconds since 1970
 */
function sourceDateEpoch() {
  const { SOURCE_DATE_EPOCH: told } = process.env;
  if (told !== undefined && told !== '') return told;
  try {
    const git = ['log', '-1', '--format=%ct'];
    return execFileSync('git', git, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // Sources without their history: the earliest time that a ZIP file can tell.
    return '315532800';
  }
}

/** @param {string} target @param {string} epoch */
function stagedBillOfMaterials(target, epoch) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const files = ['dist', 'models'].flatMap((folder) => filesBelow(join(staged, folder)));
  return billOfMaterials({
    product: { name, version, license },
    made: new Date(Number(epoch) * 1000),
    packages: bundledPackages(),
    llama: readyBuiltLibraries(target),
    folder: staged,
    files: files
      .map((file) => relative(staged, file).split(sep).join('/'))
      .filter((file) => !file.endsWith('.txt')),
  });
}

/** @param {string} target @param {string} epoch @param {import('./carried-model.mjs').CarriedModel | null} carried */
function stage(target, epoch, carried) {
  rmSync(staged, { recursive: true, force: true });
  for (const name of [...shipped, ...(carried === null ? modelFiles() : [])]) {
    mkdirSync(dirname(join(staged, name)), { recursive: true });
    cpSync(join(root, name), join(staged, name), { recursive: true });
  }
  if (carried !== null) copyFileSync(carried.path, join(staged, 'models', basename(carried.path)));
  writeFileSync(join(staged, 'package.json'), stagedManifest());
  writeFileSync(join(staged, 'README.md'), stagedReadme());
  // Nothing more to leave out; without this file vsce warns that there might be.
  writeFileSync(join(staged, '.vscodeignore'), '');
  writeFileSync(join(staged, 'dist', 'THIRD_PARTY_LICENSES.txt'), thirdPartyLicences(carried));
  writeFileSync(join(staged, 'dist', 'bom.cdx.json'), stagedBillOfMaterials(target, epoch));
}

/** @param {string} folder @returns {string[]} */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Sizes before packing, largest first: what a person can do something about. */
function printContents() {
  /** @type {Map<string, number>} */
  const groups = new Map();
  for (const file of filesBelow(staged)) {
    const name = relative(staged, file).replace(/libggml-cpu-.*\.so$/, 'libggml-cpu-*.so');
    groups.set(name, (groups.get(name) ?? 0) + statSync(file).size);
  }
  for (const [name, size] of [...groups].sort((a, b) => b[1] - a[1]).slice(0, 10)) {
    console.log(`${(size / 1e6).toFixed(1).padStart(8)} MB  ${name}`);
  }
}

function main() {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', default: `${process.platform}-${process.arch}` },
      model: { type: 'string' },
      'model-licence': { type: 'string' },
      out: { type: 'string' },
    },
  });
  requireTarget(values.target);
  execFileSync(node24(), [join(root, 'scripts', 'bundle.mjs')], { stdio: 'inherit' });
  const epoch = sourceDateEpoch();
  const carried = values.model === undefined ? null : carriedModel(values.model, values['model-licence']);
  stage(values.target, epoch, carried);
  const { version } = /** @type {{ version: string }} */ (require('../package.json'));
  const model = values.model === undefined ? '' : `-${values.model}`;
  const out = values.out ?? join(root, `hotset-${values.target}-${version}${model}.vsix`);
  const options = ['--no-dependencies', '--allow-missing-repository', '--out', out];
  const arguments_ = ['package', '--target', values.target, ...options];
  execFileSync(node24(), [require.resolve('@vscode/vsce/vsce'), ...arguments_], {
    cwd: staged,
    env: { ...environmentWithNode24(), SOURCE_DATE_EPOCH: epoch },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  printContents();
  if (carried !== null) console.log(`It carries ${carried.name} (${carried.licence}).`);
  console.log(`${(statSync(out).size / 1e6).toFixed(1).padStart(8)} MB  ${relative(root, out)} (packed)`);
}

try {
  main();
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
