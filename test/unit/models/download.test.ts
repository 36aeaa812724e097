/** Downloads from a server that does what servers do. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DownloadError } from '../../../extension/models/download/download-error.ts';
import {
  downloadModel,
  type DownloadProgress,
  pause,
} from '../../../extension/models/download/download-model.ts';
import { modelState } from '../../../extension/models/model-folder.ts';
import { verifyModel } from '../../../extension/models/verify-model.ts';
import { entryFor, ModelServer, sha256 } from './model-server.ts';

const content = randomBytes(300_000);
const entry = entryFor(content);
let server: ModelServer;
let folder: string;
let progress: DownloadProgress[];

beforeEach(async () => {
  server = await ModelServer.start(content);
  folder = mkdtempSync(join(tmpdir(), 'hotset-download-'));
  progress = [];
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function download(what = entry, controller = new AbortController()): Promise<string> {
  return downloadModel(what, {
    folder,
    mirror: server.address,
    signal: controller.signal,
    onProgress: (one) => progress.push(one),
    retryMs: 1,
  });
}

/** Aborts once something arrived. */
async function aborted(reason: unknown): Promise<unknown> {
  server.pieceMs = 5;
  const controller = new AbortController();
  const downloading = download(entry, controller).then(
    () => null,
    (error: unknown) => error,
  );
  while (!progress.some(({ bytes }) => bytes > 50_000)) await sleep(2);
  controller.abort(reason);
  return await downloading;
}

test('a model is downloaded, whole and under its own name, with progress', async () => {
  const path = await download();
  assert.equal(path, join(folder, 'tern.gguf'));
  assert.deepEqual(readFileSync(path), content);
  assert.deepEqual(readdirSync(folder), ['tern.gguf']);
  assert.deepEqual(progress.at(-1), { doing: 'downloading', bytes: 300_000, total: 300_000 });
  assert.ok(progress.length > 5);
});

test('what is there is not fetched again', async () => {
  await download();
  await download();
  assert.equal(server.ranges.length, 1);
});

test('what was cut off goes on where it was, as often as something comes', async () => {
  server.cutAfter = 70_000;
  assert.deepEqual(readFileSync(await download()), content);
  const [first, ...others] = server.ranges;
  assert.equal(first, '');
  // What was on its way when the connection broke is lost or not.
  assert.ok(others.length >= 4, String(others.length));
  const begins = others.map((range) => Number(/^bytes=([1-9]\d*)-$/.exec(range)?.[1]));
  assert.deepEqual(
    begins,
    begins.toSorted((a, b) => a - b),
  );
});

test('a server that only begins from the start is read from the start', async () => {
  await aborted(pause);
  server.ignoresRanges = true;
  server.pieceMs = 0;
  assert.deepEqual(readFileSync(await download()), content);
});

test('redirects are followed', async () => {
  server.redirects = true;
  assert.deepEqual(readFileSync(await download()), content);
});

test('a file with other bytes is refused, and nothing of it kept', async () => {
  server.content = Buffer.from(content);
  server.content[150_000] = (server.content[150_000] ?? 0) ^ 1;
  await assert.rejects(
    download(),
    /is not the published file \(its SHA-256 is another\): nothing of it was kept/,
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('a part that was damaged meanwhile is found out', async () => {
  await aborted(pause);
  const [part = ''] = readdirSync(folder);
  const bytes = readFileSync(join(folder, part));
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(join(folder, part), bytes);
  await assert.rejects(download(), /SHA-256/);
  assert.deepEqual(readFileSync(await download()), content);
});

test('a file of another size is refused before a byte of it is read', async () => {
  server.content = randomBytes(400_000);
  await assert.rejects(download(), /offers 400000 bytes, the published file has 300000/);
  assert.equal((await modelState(entry, folder)).bytes, 0);
});

test('a server that sends more than it should is stopped', async () => {
  server.content = Buffer.concat([content, randomBytes(5_000_000)]);
  server.hidesLength = true;
  await assert.rejects(download(), /sent more than the 300000 bytes/);
  assert.ok(progress.every(({ bytes }) => bytes <= 300_000));
  assert.equal((await modelState(entry, folder)).bytes, 0);
});

test('cancelled, nothing stays', async () => {
  const error = await aborted('cancelled');
  assert.ok(error instanceof DownloadError && error.kind === 'cancelled');
  assert.deepEqual(readdirSync(folder), []);
});

test('paused, what arrived stays, and another process goes on with it', async () => {
  const error = await aborted(pause);
  assert.match(String(error), /was paused/);
  const { kind, bytes } = await modelState(entry, folder);
  assert.equal(kind, 'partial');
  assert.ok(bytes > 50_000 && bytes < 300_000);
  assert.deepEqual(readFileSync(await download()), content);
  assert.equal(server.ranges.at(-1), `bytes=${String(bytes)}-`);
});

test('a server that can not answer is asked again, and in the end the person is told what is kept', async () => {
  server.status = 503;
  await assert.rejects(download(), /could not answer \(HTTP 503\): download it again to go on/);
  assert.equal(server.ranges.length, 5);
  server.status = 200;
  await download();
});

test('a server that does not have the file is not asked again', async () => {
  server.status = 404;
  await assert.rejects(download(), /has no such file \(HTTP 404\)/);
  assert.equal(server.ranges.length, 1);
});

test('two windows fetch one file once', async () => {
  server.pieceMs = 2;
  const paths = await Promise.all([download(), download()]);
  assert.deepEqual(paths, [join(folder, 'tern.gguf'), join(folder, 'tern.gguf')]);
  assert.equal(server.ranges.length, 1);
  assert.ok(progress.some(({ doing }) => doing === 'waiting'));
});

test('a lock that nobody touches any more is taken over', async () => {
  const lock = join(folder, 'tern.gguf.lock');
  writeFileSync(lock, 'of a process that crashed');
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(lock, longAgo, longAgo);
  await download();
  assert.equal(existsSync(lock), false);
});

test("a hash that the catalogue doesn't know is the home's, and is noted beside the file", async () => {
  const unknown = { ...entry, file: { ...entry.file, bytes: null, sha256: null } };
  await download(unknown);
  assert.match(
    readFileSync(join(folder, 'tern.gguf.sha256'), 'utf8'),
    new RegExp(`^${sha256(content)}  tern`),
  );
  assert.equal(await verifyModel(unknown, folder), 'right');
});

test('a folder stands in for the web', async () => {
  const mirror = join(folder, 'mirror');
  mkdirSync(join(mirror, 'birds', 'Tern-1B-GGUF'), { recursive: true });
  writeFileSync(join(mirror, 'birds', 'Tern-1B-GGUF', 'tern.gguf'), content);
  const options = { folder: join(folder, 'models'), mirror, signal: new AbortController().signal };
  assert.deepEqual(readFileSync(await downloadModel(entry, options)), content);
  assert.equal(server.ranges.length, 0);
  const elsewhere = { ...options, folder: join(folder, 'others'), mirror: join(folder, 'nothing') };
  await assert.rejects(downloadModel(entry, elsewhere), /holds no tern\.gguf/);
});

test('no disk has room for everything', async () => {
  const huge = { ...entry, file: { ...entry.file, bytes: 1e15 } };
  await assert.rejects(download(huge), /1000000000 MB are needed and \d+ MB are free/);
  assert.equal(server.ranges.length, 0);
});

test('what is no place for models is refused', async () => {
  for (const mirror of ['ftp://models.example', 'models', 'javascript:0']) {
    const options = { folder, mirror, signal: new AbortController().signal };
    await assert.rejects(downloadModel(entry, options), /is no place for models/, mirror);
  }
});

test('verify tells the published file from one with other bytes, a short one and none', async () => {
  assert.equal(await verifyModel(entry, folder), 'absent');
  const path = await download();
  assert.equal(await verifyModel(entry, folder), 'right');
  writeFileSync(path, randomBytes(statSync(path).size));
  assert.equal(await verifyModel(entry, folder), 'wrong');
  writeFileSync(path, content.subarray(0, 1000));
  assert.equal(await verifyModel(entry, folder), 'wrong');
});
