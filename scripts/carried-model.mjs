/** The model of the catalogue that a package carries, with the text of its licence. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { node24, root } from './node24.mjs';

const require = createRequire(import.meta.url);

/**
 * @typedef {object} CarriedModel
 * @property {string} name
 * @property {string} path
 * @property {string} licence with what a person should know of it
 * @property {string} licenceText
 * @property {string} repository on Hugging Face
 */

/** Larger files do not fit the program that packs, nor the one that installs. */
const mostModelBytes = 2e9;

/**
 * @param {string} id of the catalogue
 * @param {string | undefined} licenceFile the text of its licence, where that is none of SPDX's list
 * @returns {CarriedModel} brought here and checked by its SHA-256
 */
export function carriedModel(id, licenceFile) {
  /** @type {{ models: import('../extension/models/catalogue.ts').CatalogueEntry[] }} */
  const { models } = JSON.parse(readFileSync(join(root, 'extension', 'models', 'catalogue.json'), 'utf8'));
  const entry = models.find((one) => one.id === id);
  if (entry === undefined) throw new Error(`${id} is no model of the catalogue: see hotset models list`);
  const { bytes } = entry.file;
  if (bytes === null) throw new Error(`nobody knows yet what the file of ${id} must be: it can't be checked`);
  if (bytes > mostModelBytes) throw new Error(`${id} is too large for a VSIX: 2 GB are the most`);
  const { name, note } = entry.licence;
  // Before the download, so that a licence without a text costs nobody one.
  const licenceText = licenceFile === undefined ? standardText(name) : readLicence(licenceFile);
  const licence = note === null ? name : `${name}, ${note}`;
  return {
    ...{ name: entry.name, path: fetched(id), licence, licenceText },
    repository: entry.home.repository,
  };
}

/** @param {string} id @returns {string} the path of the file */
function fetched(id) {
  /** @param {string[]} words */
  const hotset = (...words) => {
    const args = [join(root, 'dist', 'cli.cjs'), 'models', ...words, id, '--json'];
    return JSON.parse(
      execFileSync(node24(), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
    );
  };
  const [{ path }] = hotset('download').downloaded;
  try {
    hotset('verify');
  } catch {
    throw new Error(`${path} is not the published file: delete it and try again`);
  }
  return path;
}

/** @param {string} name of a licence @returns {string} */
function standardText(name) {
  const list = require.resolve('spdx-license-list');
  const file = join(list, '..', 'licenses', `${name}.json`);
  if (!existsSync(file)) {
    throw new Error(
      `the licence ${name} is none of SPDX's list: name a file with its text, by --model-licence FILE`,
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')).licenseText.trim();
}

/** @param {string} file @returns {string} */
function readLicence(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (text === '') throw new Error(`--model-licence ${file}: there is no text of a licence`);
  return text;
}
