/** Profiling in the engine process: beside completions, into the storage folder, for the loads to come. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { profilePath } from '../../extension/engine/installation.ts';
import { storedProfilePath } from '../../extension/engine/profile/profile-store.ts';
import type { ProfileParams } from '../../extension/protocol/requests.ts';
import { assertAnswers, cancellation, EngineClient } from './engine-client.ts';
import { embeddedModelPath, requireAddon, root } from './model.ts';

const storage = mkdtempSync(join(tmpdir(), 'hotset-storage-'));
const stored = storedProfilePath(storage, embeddedModelPath());
const workspace: ProfileParams = { path: null, corpus: [join(root, 'extension')], tokens: 1_500, minutes: 5 };
let engine: EngineClient;

before(async () => {
  engine = new EngineClient(storage);
  await engine.load({ path: null });
});
after(async () => {
  await engine.kill();
  rmSync(storage, { recursive: true });
});

test('cancelled, it leaves nothing behind and the engine goes on', async () => {
  const source = cancellation();
  const endless = engine.profile({ ...workspace, tokens: 1_000_000 }, source.token);
  setTimeout(() => {
    source.cancel();
  }, 500);
  assert.equal(await endless, null);
  assert.ok(!existsSync(stored));
  await assertAnswers(engine);
});

test('completions are answered meanwhile, a second profile is refused', async () => {
  const profiled = engine.profile(workspace);
  await assert.rejects(engine.profile(workspace), /being made already/);
  await assertAnswers(engine);
  const result = await profiled;
  assert.ok(result !== null && result.tokens >= 1_500);
  assert.equal(result.corpus, 'extension (CSS, TypeScript)');
  assert.ok(result.activity > 0 && result.carriers > 0 && result.carriers < result.carriedShare);
  assert.match(readFileSync(result.plot, 'utf8'), /^<svg/);
  assert.ok(engine.profileProgress.length > 0);
  assert.ok(engine.profileProgress.every(({ fraction }) => fraction >= 0 && fraction <= 1));
});

/** At one of them two profiles may have as many hot neurons by chance, at all of them they would be the same. */
const thresholds = [0.05, 0.1, 0.2, 0.3, 0.4].map(Math.fround);

/** How many neurons fire at least as often as each of the thresholds, by the file of the profile. */
async function hotNeurons(profile: string): Promise<number[]> {
  const { frequencies } = await requireAddon().readProfile(embeddedModelPath(), profile);
  const all = frequencies.flatMap((layer) => [...layer]);
  return thresholds.map((threshold) => all.filter((frequency) => frequency >= threshold).length);
}

test('the next load takes the stored profile, and its split is another', async () => {
  const own: number[] = [];
  for (const hotThreshold of thresholds) {
    const { profileCorpus, neuronSplit, layers, neuronsPerLayer } = await engine.load({
      path: null,
      hotThreshold,
    });
    assert.equal(profileCorpus, 'extension (CSS, TypeScript)');
    own.push(Math.round(neuronSplit.hot * layers * neuronsPerLayer));
  }
  assert.deepEqual(own, await hotNeurons(stored));
  assert.notDeepEqual(own, await hotNeurons(profilePath(embeddedModelPath()) ?? ''));
});

test('a stored profile that is damaged is passed over for the one beside the model, with a warning', async () => {
  writeFileSync(stored, 'no profile');
  const model = await engine.load({ path: null });
  assert.notEqual(model.profileCorpus, null);
  assert.notEqual(model.profileCorpus, 'extension (CSS, TypeScript)');
  assert.ok(engine.logs.some(({ level, message }) => level === 'warn' && message.includes('is not used')));
});

test('a workspace without source is refused in one line', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'hotset-empty-'));
  await assert.rejects(engine.profile({ ...workspace, corpus: [empty] }), /no source files in/);
  rmSync(empty, { recursive: true });
  assert.deepEqual(
    readdirSync(join(storage, 'profiles')).filter((name) => name.includes('partial')),
    [],
  );
});
