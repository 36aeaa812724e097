/** Other people's packages of which the bundles hold code: bundle.mjs takes them down, the package names them all. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './node24.mjs';

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} license as SPDX writes it
 * @property {string} licenseText
 * @property {string} integrity of its tarball, as the lock file has it
 */

const memory = join(root, 'build', 'bundled-packages.json');

/** @param {string} path of a file @returns {string | undefined} the name of the package that it belongs to */
export function packageOf(path) {
  const [, inside] = path.replaceAll('\\', '/').match(/^.*(?:^|\/)node_modules\/(.*)$/) ?? [];
  return inside?.split('/', inside.startsWith('@') ? 2 : 1).join('/');
}

/** @param {readonly (string | undefined)[]} names undefined: our own */
export function rememberBundled(names) {
  const found = new Set(names.filter((name) => name !== undefined));
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(memory, JSON.stringify([...found].sort()));
}

/** @returns {BundledPackage[]} of the bundles as bundle.mjs made them last, by name */
export function bundledPackages() {
  /** @type {string[]} */
  const names = JSON.parse(readFileSync(memory, 'utf8'));
  /** @type {{ packages: Record<string, { integrity?: string }> }} */
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return names.map((name) => {
    const integrity = lock.packages[`node_modules/${name}`]?.integrity;
    if (integrity === undefined) throw new Error(`package-lock.json does not say what ${name} is`);
    return { ...described(name), integrity };
  });
}

const withoutText = 'the package ships no text of its licence, nor whose it is';

/** @param {string} name */
function described(name) {
  const folder = join(root, 'node_modules', name);
  /** @type {{ version: string, license?: string }} */
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
  if (license === undefined) throw new Error(`${name} names no licence`);
  const licenseText =
    file === undefined ? `${license}; ${withoutText}` : readFileSync(join(folder, file), 'utf8').trim();
  return { name, version, license, licenseText };
}
