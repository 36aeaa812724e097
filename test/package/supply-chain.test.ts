/** What the VSIX says it is made of is what is in it, and the same commit makes the same file. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/node24.mjs';
import { platforms } from '../../scripts/platforms.mjs';
import { packagedExtension } from '../editor/packaged-extension.ts';
import { zipEntries } from './zip-entries.ts';

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[];
}

interface Bill {
  readonly bomFormat: string;
  readonly components: readonly Component[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

const files = zipEntries(packagedExtension());
const bill = JSON.parse(textOf('dist/bom.cdx.json')) as Bill;
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;

function bytesOf(name: string): Buffer {
  const bytes = files.get(`extension/${name}`);
  assert.ok(bytes !== undefined, `${name} is not in the package`);
  return bytes;
}

function textOf(name: string): string {
  return bytesOf(name).toString();
}

function hashOf(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

function named(type: string): Component[] {
  return bill.components.filter((component) => component.type === type);
}

test('the bill of materials has the true hash of every file that runs or is loaded', () => {
  assert.equal(bill.bomFormat, 'CycloneDX');
  const listed = new Map(named('file').map(({ name, hashes }) => [name, hashes[0]?.content]));
  const shipped = [...files.keys()]
    .map((name) => name.replace(/^extension\//, ''))
    .filter((name) => /^(dist|models)\//.test(name) && !/\.(txt|json)$/.test(name));
  assert.deepEqual([...listed.keys()].sort(), shipped.sort());
  for (const name of shipped) assert.equal(listed.get(name), hashOf('sha256', bytesOf(name)), name);
});

test('the bill of materials has the packages that the lock file names', () => {
  const libraries = named('library');
  assert.ok(libraries.length > 5);
  for (const { name, version, hashes } of libraries) {
    const locked = lock.packages[`node_modules/${name}`];
    assert.equal(version, locked?.version, name);
    const hash = Buffer.from(locked?.integrity.replace('sha512-', '') ?? '', 'base64').toString('hex');
    assert.deepEqual(hashes, [{ alg: 'SHA-512', content: hash }], name);
  }
});

test('the licence of every package whose code is bundled is shown', () => {
  const licences = textOf('dist/THIRD_PARTY_LICENSES.txt');
  for (const { name } of named('library')) {
    if (!name.startsWith('@node-llama-cpp/')) assert.ok(licences.includes(`${name}\n\n`), name);
  }
});

test('native libraries are those of the package that the lock file names', () => {
  const platform = platforms[`${process.platform}-${process.arch}`];
  assert.ok(platform !== undefined);
  const folder = join(root, 'node_modules', platform.package, platform.folder);
  const shipped = [...files.keys()].flatMap((name) => {
    return /^extension\/dist\/native\/(lib(?:ggml|llama).*)$/.exec(name)?.[1] ?? [];
  });
  assert.ok(shipped.length > 3);
  const known = new Set(readdirSync(folder));
  for (const name of shipped) {
    assert.ok(known.has(name), name);
    const original = readFileSync(join(folder, name));
    assert.equal(hashOf('sha256', bytesOf(`dist/native/${name}`)), hashOf('sha256', original), name);
  }
});

test('the same commit makes the same package, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hotset-package-'));
  try {
    const hashes = ['one.vsix', 'other.vsix'].map((name) => {
      const out = join(folder, name);
      execFileSync(process.execPath, [join(root, 'scripts', 'package.mjs'), '--out', out], { stdio: 'pipe' });
      return hashOf('sha256', readFileSync(out));
    });
    assert.equal(hashes[0], hashes[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
