/** Somebody writes to the model's file, or takes it away, while it is mapped. */
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test, type TestContext } from 'node:test';
import { embeddedModel } from '../editor/fixture.ts';
import { until } from '../editor/until.ts';
import { assertCalm } from './aftermath.ts';
import { Scribe } from './scribe.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-chaos-model-'));
const path = join(folder, 'chosen.gguf');
let scribe: Scribe;

beforeEach(async () => {
  copyFileSync(embeddedModel(), path);
  scribe = await Scribe.open({ machineSettings: { 'hotset.model.path': path } });
  await scribe.typeLine();
  await scribe.untilSuggested();
  await scribe.erase();
});

afterEach(async (context) => {
  await scribe.workbench.pictureOfFailure(context as TestContext);
  await scribe.workbench.close();
  await until('no engine', () => scribe.workbench.enginePids().length === 0);
});

after(() => {
  rmSync(folder, { recursive: true });
});

const harmless: Readonly<Record<string, () => void>> = {
  'another file in its place': () => {
    const other = join(folder, 'other.gguf');
    copyFileSync(embeddedModel(), other);
    renameSync(other, path);
  },
  'written to': () => {
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096), 0, 4_096, statSync(path).size - 8_192);
    closeSync(file);
  },
  deleted: () => {
    rmSync(path);
  },
};

for (const [fault, happen] of Object.entries(harmless)) {
  test(`${fault}: it goes on, and nothing is said`, async () => {
    await scribe.typeLine();
    happen();
    await scribe.check(fault);
    await scribe.untilSuggested();
    await scribe.erase();
    await assertCalm(scribe);
    await scribe.save();
  });
}

test('cut short: what is wrong is said once, and another file brings it back', async () => {
  await scribe.typeLine();
  truncateSync(path, Math.floor(statSync(path).size / 2));
  await until(
    'the message',
    async () => {
      await scribe.erase();
      await scribe.typeLine();
      return (await scribe.messages()).length > 0;
    },
    60_000,
  );
  await assertCalm(scribe, { message: /chosen\.gguf/, engines: 0 });
  copyFileSync(embeddedModel(), path);
  await scribe.workbench.command('Hotset: Restart Engine');
  await scribe.untilSuggested();
  await scribe.erase();
  await scribe.save();
});
