/** What a real model, trained on repositories, is told of other files: by the whole engine, in a workspace on the disk. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import type { OtherFilesParams } from '../../extension/protocol/requests.ts';
import { EngineClient } from '../engine/engine-client.ts';
import { realModel } from './real-model.ts';

const model = await realModel('qwen2.5-coder-0.5b');
const folder = mkdtempSync(join(tmpdir(), 'hotset-other-files-'));

/** Bodies, so that nothing but the name tells what they do. */
function shapes(name: string): string {
  return `export function ${name}(radius: number): number {\n  return radius * 2;\n}\n`;
}

const files = {
  '.gitignore': 'generated/\n',
  'src/shapes.ts': shapes('circleCircumference'),
  'generated/made.ts': 'export function ignoredHelper(): void {}\n',
  'src/secrets.ts': 'export const hiddenPassword = "no";\n',
  'lib/far.ts': 'export function farAway(distance: number): void {}\n',
};

const imports = [
  "import * as shapes from './shapes.ts';",
  "import { ignoredHelper } from '../generated/made.ts';",
  "import { hiddenPassword } from './secrets.ts';",
  "import { farAway } from '@lib/far';",
].join('\n');

const place = {
  document: 'file:main.ts',
  path: 'src/main.ts',
  folder,
  languageId: 'typescript',
  prefix: `${imports}\n\nconst length = shapes.`,
  suffix: '\n',
};

const noOthers: OtherFilesParams = { folder, document: place.document, unsaved: [], open: [], found: [] };

let engine: EngineClient;

before(async () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  if (model.missing === false) engine = await EngineClient.withModel({ path: model.path, threads: 1 });
});

after(async () => {
  if (model.missing === false) await engine.kill();
  rmSync(folder, { recursive: true });
});

/** Answers come from what was computed before, until what is told anew has been. */
async function untilSuggested(name: string): Promise<void> {
  const answers: string[] = [];
  for (let attempt = 0; attempt < 60; attempt++) {
    const { text } = await engine.complete({ ...place, maxTokens: 12, maxLines: 1 });
    if (text.startsWith(name)) return;
    answers.push(text);
    await sleep(500);
  }
  assert.fail(`${name} is never suggested, but ${[...new Set(answers)].join(' | ')}`);
}

function toldOf(): string[] {
  return engine.logs
    .map(({ message }) => message)
    .filter((line) => line.startsWith('prompts in src/main.ts'));
}

test(
  'the name that an import declares is suggested: as saved, then as typed, and never what is secret or ignored',
  { skip: model.missing },
  async () => {
    engine.attend(place);
    await untilSuggested('circleCircumference(');

    engine.tell({
      ...noOthers,
      unsaved: [
        { path: 'src/shapes.ts', text: shapes('hexagonPerimeter') },
        { path: 'src/secrets.ts', text: 'export const hiddenPassword = "typed";\n' },
        { path: 'generated/made.ts', text: 'export function ignoredHelper(): number {}\n' },
      ],
      found: [
        { path: 'lib/far.ts', names: ['farAway'] },
        { path: 'src/secrets.ts', names: null },
        { path: 'generated/made.ts', names: null },
      ],
    });
    await untilSuggested('hexagonPerimeter(');
    assert.deepEqual(toldOf(), [
      'prompts in src/main.ts tell of src/shapes.ts',
      'prompts in src/main.ts tell of src/shapes.ts (not saved), lib/far.ts',
    ]);
  },
);
