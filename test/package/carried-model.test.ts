/** A package that carries a model carries the text of its licence too, and says what it needs before anything is downloaded. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { carriedModel } from '../../scripts/carried-model.mjs';
import { realModel } from '../models/real-model.ts';

const wanted = await realModel('qwen2.5-coder-0.5b');

test('a model under a standard licence comes with its text', { skip: wanted.missing }, () => {
  const { licence, licenceText } = carriedModel('qwen2.5-coder-0.5b', undefined);
  assert.equal(licence, 'Apache-2.0');
  assert.match(licenceText, /^Apache License\s+Version 2\.0, January 2004/);
  assert.match(licenceText, /TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/);
  assert.match(licenceText, /9\. Accepting Warranty or Additional Liability/);
});

test('under any other licence it is not packed without a file that has the text', () => {
  const id = 'deepseek-coder-1.3b';
  assert.throws(
    () => carriedModel(id, undefined),
    /DeepSeek Model is none of SPDX's list.*--model-licence FILE/,
  );
  const folder = mkdtempSync(join(tmpdir(), 'hotset-licence-'));
  try {
    const empty = join(folder, 'LICENSE');
    writeFileSync(empty, '\n');
    for (const file of [empty, join(folder, 'none')]) {
      assert.throws(() => carriedModel(id, file), /there is no text of a licence/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what no VSIX can carry is refused', () => {
  assert.throws(() => carriedModel('qwen2.5-coder-14b', undefined), /too large for a VSIX/);
  assert.throws(() => carriedModel('codegemma-2b', undefined), /can't be checked/);
  assert.throws(() => carriedModel('no-such-model', undefined), /no model of the catalogue/);
});
