import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEligible, isInsideWord } from '../../../extension/host/completion/eligibility.ts';

const all = () => true;

test('files, untitled documents, notebook cells and remote files are completed', () => {
  for (const scheme of ['file', 'untitled', 'vscode-notebook-cell', 'vscode-remote', 'vscode-vfs']) {
    assert.equal(isEligible({ scheme, languageId: 'python' }, all), true, scheme);
  }
});

test('output and input boxes are not', () => {
  for (const scheme of ['output', 'vscode-scm', 'comment', 'debug']) {
    assert.equal(isEligible({ scheme, languageId: 'plaintext' }, all), false, scheme);
  }
});

test('a language that is switched off is not', () => {
  const languageId = 'markdown';
  assert.equal(
    isEligible({ scheme: 'file', languageId }, (id) => id !== 'markdown'),
    false,
  );
});

test('the middle of a word is recognised in any script', () => {
  assert.equal(isInsideWord('se', 'lf.items'), true);
  assert.equal(isInsideWord('grö', 'ße'), true);
  assert.equal(isInsideWord('self.', 'items'), false);
  assert.equal(isInsideWord('self', '.items'), false);
  assert.equal(isInsideWord('', ''), false);
});
