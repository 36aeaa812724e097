/** A model's file that somebody writes to while it is loaded: never text from half of each, at most one restart. */
import assert from 'node:assert/strict';
import { closeSync, copyFileSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { EngineProcess } from '../../extension/host/engine/engine-process.ts';
import { EngineSupervisor } from '../../extension/host/engine/engine-supervisor.ts';
import type { CompleteResult, LogParams } from '../../extension/protocol/requests.ts';
import { completeParams, engineScript, loadParams } from './engine-client.ts';
import { embeddedModelPath } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hotset-replaced-'));
const path = join(folder, 'chosen.gguf');
let supervisor: EngineSupervisor;
let logs: LogParams[];
let processes: number;
let failures: string[];

beforeEach(async () => {
  copyFileSync(embeddedModelPath(), path);
  logs = [];
  failures = [];
  processes = 0;
  supervisor = new EngineSupervisor({
    spawn: (events) => {
      processes++;
      return new EngineProcess(engineScript, folder, events);
    },
    loadParams: () => ({ ...loadParams, path }),
    log: (line) => logs.push(line),
  });
  supervisor.onState((state) => {
    if (state.kind === 'failed' && failures.at(-1) !== state.reason) failures.push(state.reason);
  });
  assert.ok((await ask()) !== null);
});

afterEach(async () => {
  await supervisor.dispose();
});

after(() => {
  rmSync(folder, { recursive: true });
});

async function ask(): Promise<CompleteResult | null> {
  return await supervisor.complete(completeParams, new AbortController().signal);
}

/** Other bytes in the last tensor, in the same file. */
function writeInto(file: string): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(4_096), 0, 4_096, statSync(file).size - 8_192);
  closeSync(descriptor);
}

test('written to in place, it is loaded again before it answers', async () => {
  writeInto(path);
  assert.equal(await ask(), null);
  assert.ok((await ask()) !== null);
  assert.equal(processes, 2);
  assert.deepEqual(failures, []);
  assert.equal(logs.filter(({ message }) => message.includes('was changed since it was loaded')).length, 1);
});

test('another file in its place is loaded, once', async () => {
  const other = join(folder, 'other.gguf');
  copyFileSync(embeddedModelPath(), other);
  renameSync(other, path);
  assert.equal(await ask(), null);
  for (let time = 0; time < 3; time++) assert.ok((await ask()) !== null);
  assert.equal(processes, 2);
  assert.deepEqual(failures, []);
});

test('deleted, it goes on answering: who has it open has all of it', async () => {
  rmSync(path);
  for (let time = 0; time < 3; time++) assert.ok((await ask()) !== null);
  assert.equal(processes, 1);
});

test('cut short, it answers no more, and says once why', async () => {
  truncateSync(path, Math.floor(statSync(path).size / 2));
  for (let time = 0; time < 3; time++) assert.equal(await ask(), null);
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? '', /chosen\.gguf/);
  assert.ok(processes <= 2, `${processes} processes`);
});

test('cut short in the middle of an answer, it ends the same way', async () => {
  const answer = supervisor.complete(
    { ...completeParams, maxTokens: 500 },
    new AbortController().signal,
    () => {
      truncateSync(path, 4_096);
    },
  );
  assert.equal(await answer, null);
  for (let time = 0; time < 3; time++) assert.equal(await ask(), null);
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? '', /chosen\.gguf/);
  assert.ok(processes <= 2, `${processes} processes`);
});
