/**
 * Two hundred random edits: no text is lost or altered, what is accepted is what was shown, nothing complains. With
 * another model: HOTSET_TEST_MODEL=model.gguf; other edits: HOTSET_TEST_SEED=2, HOTSET_TEST_EDITS=1000.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test, type TestContext } from 'node:test';
import { fixture } from './fixture.ts';
import { plainTyping, Typist } from './typist.ts';
import { Workbench } from './workbench.ts';

const model = process.env['HOTSET_TEST_MODEL'];
const seed = Number(process.env['HOTSET_TEST_SEED'] ?? 1);
const edits = Number(process.env['HOTSET_TEST_EDITS'] ?? 200);
/** The model that ships answers within a few milliseconds; others take their time. */
const patienceMs = model === undefined ? 700 : 4_000;

let workbench: Workbench;

before(async () => {
  workbench = await Workbench.open({
    files: { 'inventory.py': fixture('inventory.py'), 'rectangle.ts': fixture('rectangle.ts') },
    settings: plainTyping,
    machineSettings: model === undefined ? {} : { 'hotset.model.path': model },
  });
  // As tall as the documents get.
  await workbench.page.setViewportSize({ width: 1280, height: 1600 });
});

after(async () => {
  await workbench.close();
});

afterEach(async (context) => {
  await workbench.pictureOfFailure(context as TestContext);
});

test(`${edits} random edits (seed ${seed})`, async (context) => {
  const typist = new Typist(workbench, seed, patienceMs);
  await typist.open('inventory.py');
  await typist.open('rectangle.ts');
  const history: string[] = [];
  for (let edit = 0; edit < edits; edit++) {
    const done = await typist.edit().catch((error: unknown) => {
      throw new Error(`edit ${edit}, after ${history.slice(-8).join(', ')}`, { cause: error });
    });
    history.push(done);
  }
  await typist.save();
  context.diagnostic(`${typist.accepted} suggestions accepted`);
  assert.ok(typist.accepted > edits / 40, `only ${typist.accepted} suggestions were accepted`);
  assert.equal(workbench.enginePids().length, 1);
});
