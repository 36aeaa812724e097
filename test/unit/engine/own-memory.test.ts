import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymousBytes } from '../../../extension/engine/benchmark/own-memory.ts';

void test("anonymous memory is read from Linux' sum over all mappings", () => {
  const rollup = 'Rss:             3000 kB\nPrivate_Clean:   1000 kB\nAnonymous:        512 kB\nSwap: 0 kB\n';
  assert.equal(anonymousBytes(rollup), 512 * 1024);
  assert.equal(anonymousBytes('Rss: 3000 kB\n'), null);
});
