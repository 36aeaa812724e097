import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInsideWord, mayComplete, refusalOf } from '../../../extension/host/completion/eligibility.ts';

const all = { isEnabled: true, isLanguageEnabled: () => true };

test('files, untitled documents, notebook cells and remote files are completed', () => {
  for (const scheme of ['file', 'untitled', 'vscode-notebook-cell', 'vscode-remote', 'vscode-vfs']) {
    assert.equal(mayComplete({ uri: { scheme }, languageId: 'python' }, all), true, scheme);
  }
});

test('output and input boxes are not', () => {
  for (const scheme of ['output', 'vscode-scm', 'comment', 'debug']) {
    assert.equal(mayComplete({ uri: { scheme }, languageId: 'plaintext' }, all), false, scheme);
  }
});

test('a language that is switched off is not', () => {
  const document = { uri: { scheme: 'file' }, languageId: 'markdown' };
  const isLanguageEnabled = (id: string) => id !== 'markdown';
  assert.equal(mayComplete(document, { isEnabled: true, isLanguageEnabled }), false);
});

test('nothing is while completions are switched off', () => {
  const document = { uri: { scheme: 'file' }, languageId: 'python' };
  assert.equal(mayComplete(document, { ...all, isEnabled: false }), false);
});

test('the reason is told, the one that is easiest to lift first', () => {
  const document = { uri: { scheme: 'file' }, languageId: 'python' };
  const excluding = { ...all, isExcluded: () => true };
  assert.equal(refusalOf(document, excluding), 'excluded');
  assert.equal(refusalOf(document, { ...excluding, isSnoozed: true }), 'snoozed');
  assert.equal(refusalOf(document, { ...excluding, isEnabled: false }), 'off');
  assert.equal(refusalOf({ ...document, uri: { scheme: 'hotset-why' } }, all), 'document');
  assert.equal(refusalOf(document, { ...all, isExcluded: () => false }), null);
});

test('the middle of a word is recognised in any script', () => {
  assert.equal(isInsideWord('se', 'lf.items'), true);
  assert.equal(isInsideWord('grö', 'ße'), true);
  assert.equal(isInsideWord('self.', 'items'), false);
  assert.equal(isInsideWord('self', '.items'), false);
  assert.equal(isInsideWord('', ''), false);
});
