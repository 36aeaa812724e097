import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { embeddedModelPath, installationRoot, profilePath } from '../../../extension/engine/installation.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-installation-'));
after(() => {
  rmSync(folder, { recursive: true });
});

test('the root is the folder above that has a package.json', () => {
  mkdirSync(join(folder, 'a', 'dist'), { recursive: true });
  writeFileSync(join(folder, 'a', 'package.json'), '{}');
  assert.equal(installationRoot(join(folder, 'a', 'dist')), join(folder, 'a'));
});

test('the embedded model is the one that is no profile', () => {
  const models = join(folder, 'b', 'models');
  mkdirSync(models, { recursive: true });
  for (const name of ['README.md', 'hotset-code-1m.profile.gguf', 'hotset-code-1m.gguf']) {
    writeFileSync(join(models, name), '');
  }
  assert.equal(embeddedModelPath(join(folder, 'b')), join(models, 'hotset-code-1m.gguf'));
  assert.equal(profilePath(join(models, 'hotset-code-1m.gguf')), join(models, 'hotset-code-1m.profile.gguf'));
});

test('an installation without a model says what to do', () => {
  assert.throws(() => embeddedModelPath(join(folder, 'c')), /no embedded model .* install Hotset again/);
});

test('a model without a profile has none, whatever its name ends with', () => {
  writeFileSync(join(folder, 'm.bin'), '');
  assert.equal(profilePath(join(folder, 'm.bin')), null);
  assert.equal(profilePath(join(folder, 'm.gguf')), null);
});
