/** The data file: what a person may read wrongly there, and what must not be guessed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, entryOf } from '../../../extension/models/catalogue.ts';

test('every entry is whole: what is known of its file is a hash and a size, its home is a repository', () => {
  for (const { id, file, home, infilling, parameters, activeShare } of catalogue) {
    assert.match(id, /^[a-z0-9.-]+$/);
    assert.match(file.name, /^[\w.-]+\.gguf$/, id);
    assert.match(home.repository, /^[\w.-]+\/[\w.-]+$/, id);
    assert.match(infilling, /^(prefix-first|suffix-first|none)$/, id);
    assert.ok(parameters >= 1e8 && activeShare > 0 && activeShare <= 1, id);
    if (file.sha256 !== null) assert.match(file.sha256, /^[0-9a-f]{64}$/, id);
    assert.equal(file.bytes === null, file.sha256 === null, `${id}: hash and size come from the same look`);
  }
});

test('names are used once', () => {
  assert.equal(new Set(catalogue.map(({ id }) => id)).size, catalogue.length);
  assert.equal(new Set(catalogue.map(({ file }) => file.name)).size, catalogue.length);
});

test('a known hash stands for one revision, and what was measured for one known file', () => {
  for (const { id, file, home, measured, identity } of catalogue) {
    if (file.sha256 !== null) assert.match(home.revision, /^[0-9a-f]{40}$/, id);
    if (measured === null) continue;
    assert.ok(file.sha256 !== null && identity !== null, id);
    assert.ok(measured.rightLines <= measured.lines && measured.lines >= 100, id);
    assert.ok(measured.residentBytes > (file.bytes ?? Infinity), id);
    const { confidenceWeights } = measured;
    assert.ok(confidenceWeights === null || confidenceWeights.length === 4, id);
  }
});

test('the 3B is not under the licence of its sisters, and says so', () => {
  assert.equal(entryOf('qwen2.5-coder-3b')?.licence.note, 'not for commercial use');
  assert.equal(entryOf('qwen2.5-coder-1.5b')?.licence.note, null);
  assert.equal(entryOf('nightingale'), null);
});
