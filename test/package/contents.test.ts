/** The VSIX holds what the extension needs at run time and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { grammarNames } from '../../extension/engine/syntax/languages.ts';
import { root } from '../../scripts/node24.mjs';
import { packagedExtension } from '../editor/packaged-extension.ts';
import { zipEntries } from './zip-entries.ts';

const vsix = packagedExtension();

const allowed = [
  /^\[Content_Types\]\.xml$/,
  /^extension\.vsixmanifest$/,
  /^extension\/(package\.json|readme\.md|LICENSE\.txt)$/,
  /^extension\/dist\/(host|engine|cli)\.cjs$/,
  /^extension\/dist\/map\.(js|css)$/,
  /^extension\/dist\/highs\.wasm$/,
  /^extension\/dist\/grammars\/web-tree-sitter\.wasm$/,
  new RegExp(`^extension/dist/grammars/tree-sitter-(${grammarNames.join('|')})\\.wasm$`),
  /^extension\/dist\/(THIRD_PARTY_LICENSES\.txt|bom\.cdx\.json)$/,
  /^extension\/dist\/native\/(hotset\.node|LICENSE\.llama\.cpp\.txt)$/,
  /^extension\/dist\/native\/(lib)?(ggml|llama)[\w.-]*\.(so|dylib|dll)$/,
  /^extension\/models\/(hotset-code-\w+(\.profile)?\.gguf|README\.md)$/,
  /^extension\/media\/(icon\.png|typing-(dark|light)\.webp)$/,
  /^extension\/media\/walkthrough\/(models-(dark|light)\.png|map-(dark|light)\.webp|skew\.svg)$/,
];

const required = [
  'extension/package.json',
  'extension/readme.md',
  'extension/LICENSE.txt',
  'extension/dist/host.cjs',
  'extension/dist/engine.cjs',
  'extension/dist/cli.cjs',
  'extension/dist/map.js',
  'extension/dist/map.css',
  'extension/dist/highs.wasm',
  'extension/dist/grammars/web-tree-sitter.wasm',
  ...grammarNames.map((name) => `extension/dist/grammars/tree-sitter-${name}.wasm`),
  'extension/dist/THIRD_PARTY_LICENSES.txt',
  'extension/dist/bom.cdx.json',
  'extension/dist/native/hotset.node',
  'extension/dist/native/LICENSE.llama.cpp.txt',
  'extension/models/README.md',
];

const files = zipEntries(vsix);

/** Path and size in bytes of every file in the package. */
function contents(): Map<string, number> {
  return new Map([...files].map(([name, bytes]) => [name, bytes.length]));
}

function textOf(name: string): string {
  return files.get(name)?.toString() ?? '';
}

test('the package holds nothing that is not on the allow-list', () => {
  const strangers = [...contents().keys()].filter((name) => !allowed.some((pattern) => pattern.test(name)));
  assert.deepEqual(strangers, []);
});

test('the package holds everything the extension needs', () => {
  const names = contents();
  for (const name of required) assert.ok((names.get(name) ?? 0) > 0, `${name} is missing or empty`);
});

test('the package holds one embedded model with its profile, of at most 48 MB', () => {
  const models = [...contents()].filter(([name]) => name.endsWith('.gguf'));
  assert.equal(models.length, 2);
  const profile = models.find(([name]) => name.endsWith('.profile.gguf'));
  const model = models.find(([name]) => !name.endsWith('.profile.gguf'));
  assert.ok(model !== undefined && model[1] > 1_000_000 && model[1] <= 48_000_000);
  assert.equal(profile?.[0], model[0].replace(/\.gguf$/, '.profile.gguf'));
});

test('the package is made for this platform', () => {
  assert.match(
    textOf('extension.vsixmanifest'),
    new RegExp(`TargetPlatform="${process.platform}-${process.arch}"`),
  );
});

test('a platform whose addon is not at hand is refused in one line that says what to do', () => {
  const other = process.platform === 'win32' ? 'linux-x64' : 'win32-x64';
  const script = join(root, 'scripts', 'package.mjs');
  const result = spawnSync(process.execPath, [script, '--target', other], { encoding: 'utf8' });
  assert.equal(result.status, 1);
  assert.equal(result.stderr, `package: the addon for ${other} must be built on ${other}: run this there\n`);
});

test('its README shows no picture that is not there', () => {
  const readme = textOf('extension/readme.md');
  assert.match(readme, /^# Hotset\n/);
  assert.doesNotMatch(readme, /<img|<picture|!\[[^\]]*\]\((?!https:)/);
});
