/** Loading models over the real protocol: good ones, bad ones, and what stays when one is bad. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ErrorCode } from '../../extension/protocol/requests.ts';
import { assertAnswers, EngineClient, longCode } from './engine-client.ts';
import { copyWithoutInfilling, copyWithoutNumbers, writeModel } from './gguf.ts';
import { embeddedModelPath } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-models-'));
const at = (name: string) => join(folder, name);
let engine: EngineClient;

before(async () => {
  engine = await EngineClient.withModel();
});

after(async () => {
  await engine.kill();
  rmSync(folder, { recursive: true });
});

test('before a model is loaded, a completion is refused', async () => {
  const empty = new EngineClient();
  try {
    await assert.rejects(empty.complete(), { code: ErrorCode.noModel });
  } finally {
    await empty.kill();
  }
});

test('loading tells what the model is', async () => {
  const figures = await engine.load();
  assert.equal(figures.path, embeddedModelPath());
  assert.equal(figures.architecture, 'llama');
  assert.equal(figures.decoder, 'hybrid');
  assert.ok(figures.layers > 0 && figures.neuronsPerLayer > 0 && figures.parameters > 1e6);
  assert.ok(figures.contextLength > 0 && figures.contextLength <= 2048);
});

test('loading reports growing progress up to the end', async () => {
  engine.progress.length = 0;
  await engine.load({ contextLength: 1024 }); // what is in memory takes no load
  const fractions = engine.progress.map(({ fraction }) => fraction);
  assert.ok(fractions.length > 1);
  assert.deepEqual(
    fractions,
    fractions.toSorted((left, right) => left - right),
  );
  assert.equal(fractions.at(-1), 1);
});

test('without a path the embedded model is loaded', async () => {
  const { path } = await engine.load({ path: null });
  assert.match(path, /hotset-code-[^/\\]*\.gguf$/);
});

test('llama.cpp runs on request', async () => {
  const refusedOrNot = await engine.load({ decoder: 'llama.cpp' }).then(
    ({ decoder }) => decoder,
    (error: unknown) => error,
  );
  // libllama would compute SiLU in a model that was trained with ReLU: that is refused, not done quietly.
  assert.ok(refusedOrNot instanceof Error);
  assert.match(refusedOrNot.message, /llama\.cpp|hybrid/);
});

const badModels: { name: string; write: () => string; code: number; message: RegExp }[] = [
  { name: 'no file', write: () => at('none.gguf'), code: ErrorCode.badInput, message: /none\.gguf/ },
  { name: 'a directory', write: () => folder, code: ErrorCode.badInput, message: /director/ },
  {
    name: 'an empty file',
    write: () => {
      closeSync(openSync(at('empty.gguf'), 'w'));
      return at('empty.gguf');
    },
    code: ErrorCode.badModel,
    message: /empty\.gguf/,
  },
  {
    name: 'a file that is no GGUF',
    write: () => {
      writeFileSync(at('text.gguf'), 'print("hello")\n'.repeat(100));
      return at('text.gguf');
    },
    code: ErrorCode.badModel,
    message: /text\.gguf/,
  },
  {
    name: 'a GGUF cut off in its tensors',
    write: () => {
      copyFileSync(embeddedModelPath(), at('cut.gguf'));
      truncateSync(at('cut.gguf'), readFileSync(at('cut.gguf')).length - 100_000);
      return at('cut.gguf');
    },
    code: ErrorCode.badModel,
    message: /cut\.gguf/,
  },
  {
    name: 'a GGUF cut off in its header',
    write: () => {
      writeFileSync(at('header.gguf'), readFileSync(embeddedModelPath()).subarray(0, 2_000));
      return at('header.gguf');
    },
    code: ErrorCode.badModel,
    message: /header\.gguf/,
  },
  {
    name: 'an architecture nobody knows',
    write: () => {
      writeModel(at('strange.gguf'), 'perceptron', [64, 64]);
      return at('strange.gguf');
    },
    code: ErrorCode.badModel,
    message: /perceptron/,
  },
];

for (const { name, write, code, message } of badModels) {
  test(`${name} is refused in one line, and the model that was loaded goes on`, async () => {
    await engine.load();
    await assert.rejects(engine.load({ path: write() }), (error: Error & { code: number }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.match(error.message, /^[^\n]+$/);
      return true;
    });
    await assertAnswers(engine);
  });
}

test('a model larger than memory is refused before it is read', async () => {
  // A terabyte of one sparse matrix.
  writeModel(at('huge.gguf'), 'gpt2', [2 ** 20, 2 ** 18]);
  await assert.rejects(engine.load({ path: at('huge.gguf') }), (error: Error & { code: number }) => {
    assert.match(error.message, /^[^\n]+$/);
    assert.equal(error.code, ErrorCode.outOfMemory, error.message);
    return true;
  });
  await assertAnswers(engine);
});

test('a profile of another model is left aside with a warning', async () => {
  copyFileSync(embeddedModelPath(), at('other.gguf'));
  writeModel(at('other.profile.gguf'), 'llama', [64, 64]);
  const { profileCorpus } = await engine.load({ path: at('other.gguf') });
  assert.equal(profileCorpus, null);
  assert.ok(engine.logs.some(({ level, message }) => level === 'warn' && message.includes('profile')));
});

test('wrong options are refused in one line', async () => {
  for (const wrong of [{ path: '' }, { contextLength: 0 }, { threads: -1 }, { hotThreshold: 2 }]) {
    await assert.rejects(engine.load(wrong), { code: ErrorCode.badInput, message: /^[^\n]+$/ });
  }
});

test('two loads at once: the last one stays', async () => {
  const [, second] = await Promise.all([engine.load({ mode: 'exact' }), engine.load({ mode: 'dense' })]);
  assert.equal(second.mode, 'dense');
  await assertAnswers(engine);
});

test('while models are loaded completions go on, and each is answered', { timeout: 120_000 }, async () => {
  const loaded = new AbortController();
  const loading = (async () => {
    for (const mode of ['dense', 'exact', 'dense', 'exact'] as const) await engine.load({ mode });
  })().finally(() => {
    loaded.abort();
  });
  // Texts that share no prompt: nearly always something computes.
  for (let turn = 0; !loaded.signal.aborted; turn++)
    await engine.complete({ prefix: longCode(20, `turn${turn}`) });
  await loading;
  await assertAnswers(engine);
});

test('a model that can not fill in says so where the person chooses another', async () => {
  assert.deepEqual((await engine.load()).warnings, []);
  const path = at('without-infilling.gguf');
  copyWithoutInfilling(embeddedModelPath(), path);
  const { warnings } = await engine.load({ path });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /no infilling tokens: .*; choose a model/);
});

test('answers that are no numbers are refused, with what to do', async () => {
  const path = at('without-numbers.gguf');
  copyWithoutNumbers(embeddedModelPath(), path);
  await engine.load({ path });
  await assert.rejects(engine.complete(), {
    code: ErrorCode.badModel,
    message: /no numbers .*; download it/,
  });
  await engine.load();
  await assertAnswers(engine);
});
