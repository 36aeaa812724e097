/**
 * The package's bill of materials as CycloneDX 1.6 writes it (ECMA-424): the code of others in it, with the hash of what
 * the lock file names, and every file that runs or is loaded, with its own. The same contents give the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';

/** @typedef {import('./bundled-packages.mjs').BundledPackage} BundledPackage */

/**
 * @typedef {object} Ingredients
 * @property {{ name: string, version: string, license: string }} product
 * @property {Date} made
 * @property {readonly BundledPackage[]} packages whose code is in the bundles
 * @property {{ package: string, version: string, release: string, integrity: string }} llama where the ready-built
 * libraries come from; `release` is llama.cpp's
 * @property {string} folder the package as it was put together
 * @property {readonly string[]} files in there, that are named one by one
 */

/** @param {Ingredients} ingredients @returns {string} JSON */
export function billOfMaterials({ product, made, packages, llama, folder, files }) {
  const main = new Models.Component(Enums.ComponentType.Application, product.name, {
    version: product.version,
    licenses: licenceOf(product.license),
    bomRef: 'product',
  });
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: main, timestamp: made }) });
  for (const each of packages) bom.components.add(fromNpm(each));
  bom.components.add(fromLlama(llama));
  for (const file of files) bom.components.add(fromFile(folder, file));
  for (const { bomRef } of bom.components) main.dependencies.add(bomRef);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** @param {Omit<BundledPackage, 'licenseText'>} bundled */
function fromNpm({ name, version, license, integrity }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return new Models.Component(Enums.ComponentType.Library, name, {
    version,
    purl,
    bomRef: purl,
    licenses: licenceOf(license),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-512'], hexadecimal(integrity)]]),
  });
}

/** @param {Ingredients['llama']} llama */
function fromLlama({ package: name, version, release, integrity }) {
  const component = fromNpm({ name, version, license: 'MIT', integrity });
  component.description = `ggml and llama.cpp ${release}, built from github.com/ggml-org/llama.cpp`;
  return component;
}

/** @param {string} folder @param {string} file */
function fromFile(folder, file) {
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
  return new Models.Component(Enums.ComponentType.File, file, {
    bomRef: `file:${basename(file)}`,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], hash]]),
  });
}

/** @param {string} license */
function licenceOf(license) {
  const isExpression = / (AND|OR|WITH) /.test(license);
  const licence = isExpression ? new Models.LicenseExpression(license) : new Models.SpdxLicense(license);
  return new Models.LicenseRepository([licence]);
}

/** @param {string} integrity `sha512-` and base64 */
function hexadecimal(integrity) {
  const [, hash = ''] = /^sha512-(.+)$/.exec(integrity) ?? [];
  if (hash === '') throw new Error(`${integrity} is no SHA-512`);
  return Buffer.from(hash, 'base64').toString('hex');
}
