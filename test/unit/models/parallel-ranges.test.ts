/** Several parts of a file at once: in order, within bounds, and with homes that do not like it. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  downloadModel,
  type DownloadProgress,
  pause,
} from '../../../extension/models/download/download-model.ts';
import { ParallelRanges, type Segment } from '../../../extension/models/download/parallel-ranges.ts';
import { entryFor, ModelServer } from './model-server.ts';

const mebibyte = 1 << 20;
/** Five segments, the last of them short. */
const content = randomBytes(17 * mebibyte);
const entry = entryFor(content);
let server: ModelServer;
let folder: string;
let progress: DownloadProgress[];

beforeEach(async () => {
  server = await ModelServer.start(content);
  server.pieceBytes = mebibyte / 8;
  folder = mkdtempSync(join(tmpdir(), 'hotset-parallel-'));
  progress = [];
});

afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

function download(controller = new AbortController()): Promise<string> {
  return downloadModel(entry, {
    folder,
    mirror: server.address,
    signal: controller.signal,
    onProgress: (one) => progress.push(one),
    retryMs: 1,
  });
}

test('a large file comes in four parts at a time, each asked for once', async () => {
  server.pieceMs = 1;
  assert.deepEqual(readFileSync(await download()), content);
  const begins = server.ranges.map((range) => Number(/^bytes=(\d+)-\d+$/.exec(range)?.[1]) / mebibyte);
  assert.deepEqual(
    begins.toSorted((a, b) => a - b),
    [0, 4, 8, 12, 16],
  );
  assert.ok(server.seenAtOnce > 1 && server.seenAtOnce <= 4, String(server.seenAtOnce));
  assert.deepEqual(progress.at(-1), { doing: 'downloading', bytes: content.length, total: content.length });
});

test('a home that only sends the whole file is asked once', async () => {
  server.ignoresRanges = true;
  assert.deepEqual(readFileSync(await download()), content);
  assert.equal(server.ranges.length, 1);
});

test('a home that refuses several at a time is asked for one, and goes on where it was', async () => {
  server.mostAtOnce = 1;
  server.pieceMs = 1;
  assert.deepEqual(readFileSync(await download()), content);
  assert.equal(server.ranges.at(-1), `bytes=${String(4 * mebibyte)}-`);
});

test('parts that are cut off go on where they were', async () => {
  server.cutAfter = 3 * mebibyte;
  assert.deepEqual(readFileSync(await download()), content);
});

test('paused, what stays is the beginning of the file without a gap', async () => {
  server.pieceMs = 2;
  const controller = new AbortController();
  const paused = assert.rejects(download(controller), /was paused/);
  while (!progress.some(({ bytes }) => bytes > mebibyte)) await sleep(1);
  controller.abort(pause);
  await paused;
  const [part = ''] = readdirSync(folder);
  const kept = readFileSync(join(folder, part));
  assert.ok(kept.length > 0 && kept.length < content.length);
  assert.deepEqual(kept, content.subarray(0, kept.length));
  server.pieceMs = 0;
  assert.deepEqual(readFileSync(await download()), content);
});

test('what comes first waits for what lies before it', async () => {
  const { ranges, release } = scripted(3);
  const taken: number[] = [];
  const taking = (async () => {
    for await (const chunk of ranges.bytes(new AbortController().signal)) taken.push(...chunk);
  })();
  release(2);
  release(1);
  await sleep(0);
  assert.deepEqual(taken, []);
  assert.equal(ranges.ahead, 2);
  release(0);
  await taking;
  assert.deepEqual(taken, [0, 1, 2]);
});

test('who takes no more ends the others', async () => {
  const { ranges, release, ended } = scripted(3);
  release(0);
  for await (const chunk of ranges.bytes(new AbortController().signal)) {
    assert.deepEqual([...chunk], [0]);
    break;
  }
  assert.deepEqual(ended.toSorted(), [1, 2]);
});

/** Segments of one byte, their own number, which come when they are told to. */
function scripted(count: number) {
  const gates = Array.from({ length: count }, () => new Gate());
  const ended: number[] = [];
  async function* read({ begin }: Segment, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    signal.addEventListener('abort', () => gates[begin]?.open(false));
    if ((await gates[begin]?.opened) === true) yield Uint8Array.of(begin);
    else ended.push(begin);
  }
  const segments = Array.from({ length: count }, (_, begin) => ({ begin, end: begin + 1 }));
  return {
    ranges: new ParallelRanges(segments, count, read),
    release: (index: number) => gates[index]?.open(true),
    ended,
  };
}

class Gate {
  open: (mayPass: boolean) => void = () => undefined;
  readonly opened = new Promise<boolean>((resolve) => {
    this.open = resolve;
  });
}
