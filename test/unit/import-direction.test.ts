/** The rooms' import direction is a rule of the linter: these are the imports it must refuse. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ESLint } from 'eslint';

const root = join(import.meta.dirname, '..', '..');

async function complaints(file: string, code: string): Promise<string[]> {
  const [result] = await new ESLint({ cwd: root }).lintText(code, {
    filePath: join(root, 'extension', file),
  });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId ?? '');
}

const refused = [
  {
    file: 'protocol/figures.ts',
    code: "export * from '../engine/errors.ts';\n",
    rule: 'boundaries/dependencies',
  },
  {
    file: 'engine/errors.ts',
    code: "export * from '../host/settings.ts';\n",
    rule: 'boundaries/dependencies',
  },
  {
    file: 'scheduling/clock.ts',
    code: "export * from '../engine/errors.ts';\n",
    rule: 'boundaries/dependencies',
  },
  { file: 'models/fit.ts', code: "export * from '../engine/errors.ts';\n", rule: 'boundaries/dependencies' },
  { file: 'models/fit.ts', code: "export * from 'vscode';\n", rule: 'no-restricted-imports' },
  { file: 'scheduling/clock.ts', code: "export * from 'vscode';\n", rule: 'no-restricted-imports' },
  { file: 'map/split.ts', code: "export * from '../host/settings.ts';\n", rule: 'boundaries/dependencies' },
  { file: 'map/split.ts', code: "export * from 'vscode';\n", rule: 'no-restricted-imports' },
  { file: 'cli/table.ts', code: "export * from '../host/settings.ts';\n", rule: 'boundaries/dependencies' },
  {
    file: 'engine/errors.ts',
    code: "export * from '../serve/fields.ts';\n",
    rule: 'boundaries/dependencies',
  },
  {
    file: 'serve/fields.ts',
    code: "export * from '../host/settings.ts';\n",
    rule: 'boundaries/dependencies',
  },
  { file: 'host/main.ts', code: "export * from '../engine/errors.ts';\n", rule: 'boundaries/dependencies' },
  { file: 'engine/errors.ts', code: "export * from 'vscode';\n", rule: 'no-restricted-imports' },
];

for (const { file, code, rule } of refused) {
  test(`${file} may not say ${code.trim()}`, async () => {
    assert.ok((await complaints(file, code)).includes(rule));
  });
}

test('the host may import the scheduling', async () => {
  assert.deepEqual(await complaints('host/main.ts', "export * from '../scheduling/clock.ts';\n"), []);
});

test('host, engine and command line may import the models', async () => {
  for (const file of ['host/main.ts', 'engine/errors.ts', 'cli/table.ts']) {
    assert.deepEqual(await complaints(file, "export * from '../models/fit.ts';\n"), [], file);
  }
});

test('the engine may import the protocol', async () => {
  assert.deepEqual(await complaints('engine/errors.ts', "export * from '../protocol/figures.ts';\n"), []);
});
