/** What stands in other documents counts as it stands there, saved or not; what is secret or ignored never does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { realModel } from '../models/real-model.ts';
import { until } from './until.ts';
import { Workbench } from './workbench.ts';

/** One that was trained on repositories, as the one that ships was not. */
const model = await realModel('qwen2.5-coder-0.5b');

const main = `import * as shapes from './shapes';
import { hiddenPassword } from './secrets';
import { ignoredHelper } from './made';

const length = shapes.;
`;

const files = {
  '.gitignore': 'made.ts\n',
  'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }\n',
  'main.ts': main,
  'mapped.ts': "import { farAway } from '@lib/far';\n\nconst distance = 1;\n",
  'shapes.ts': 'export function circle(radius: number): number {\n  return radius;\n}\n',
  'secrets.ts': 'export const hiddenPassword = 1;\n',
  'made.ts': 'export function ignoredHelper(): void {}\n',
  'lib/far.ts': 'export function farAway(distance: number): void {}\n',
};

let workbench: Workbench;

before(async () => {
  if (model.missing !== false) return;
  workbench = await Workbench.open({
    files,
    machineSettings: { 'hotset.model.path': model.path, 'hotset.engine.threads': 1 },
    serverArguments: ['--log', 'debug'],
  });
});

after(async () => {
  if (model.missing === false) await workbench.close();
});

afterEach(async (context) => {
  if (model.missing === false) await workbench.pictureOfFailure(context as TestContext);
});

/** The extension's own log, as it lies on disk. */
function log(): string {
  const logs = join(workbench.server.folder, 'data', 'logs');
  const names = readdirSync(logs, { recursive: true, encoding: 'utf8' });
  const own = names.filter((name) => name.endsWith('Hotset.log'));
  return own.map((name) => readFileSync(join(logs, name), 'utf8')).join('\n');
}

/** Types behind the marker and leaves it at that. */
async function editUnsaved(name: string, marker: string, text: string): Promise<void> {
  await workbench.openFile(name, marker);
  await workbench.type(text);
  await workbench.page.keyboard.press('Escape');
}

test(
  'an unsaved edit in another document changes what is suggested; secret and ignored files are never told of',
  { skip: model.missing },
  async () => {
    await editUnsaved('shapes.ts', 'export function circle', 'CutFromHexagon');
    await editUnsaved('secrets.ts', 'hiddenPassword', 'Typed');
    await editUnsaved('made.ts', 'ignoredHelper', 'Typed');
    await workbench.openFile('main.ts', 'shapes.');
    await until(
      'the prompt tells of what was typed',
      () => log().includes('tell of shapes.ts (not saved)'),
      60_000,
    );
    assert.doesNotMatch(workbench.read('shapes.ts'), /Hexagon/, 'nothing was saved');

    const suggested = await until(
      'the unsaved name is suggested',
      async () => {
        await workbench.type('c');
        const shown = await workbench.waitForGhostText().catch(() => '');
        if (shown.startsWith('ircleCutFromHexagon')) return shown;
        // What was suggested before all was read is remembered here: it is asked for again in another place.
        await workbench.page.keyboard.press('Backspace');
        await workbench.page.keyboard.press('End');
        await workbench.type('\nconst another = shapes.');
        return false;
      },
      90_000,
    );
    await workbench.screenshot('other-files');
    assert.match(suggested, /^ircleCutFromHexagon\(/);

    await workbench.openFile('mapped.ts', 'distance = 1;');
    await until(
      'TypeScript finds what its paths map',
      () => log().includes('prompts in mapped.ts tell of lib/far.ts'),
      60_000,
    );
    const told = log()
      .split('\n')
      .filter((line) => line.includes('prompts in'));
    assert.doesNotMatch(told.join('\n'), /tell of.*(?:secrets|made)\.ts/);
  },
);
