/**
 * Use case: bring a model of the catalogue to this machine, whole and checked. What arrived stays in a `.part` file, so that a
 * download goes on where it was cut off, by whichever process; it gets the model's name only when its SHA-256 is the published one.
 */
import { mkdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CatalogueEntry } from '../catalogue.ts';
import { discardParts, modelPath, modelState, partPath, sizeOf } from '../model-folder.ts';
import { DownloadError } from './download-error.ts';
import { tryLock } from './lock.ts';
import { PartFile } from './part-file.ts';
import { type Published, type Source, sourceOf } from './source.ts';

export interface DownloadOptions {
  /** Where the model goes; made where it is missing. */
  readonly folder: string;
  /** As {@link sourceOf} takes it. */
  readonly mirror: string;
  /** Aborted with {@link pause} what arrived stays; aborted with anything else nothing does. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** The editor's `fetch` knows its proxy and certificates. */
  readonly fetch?: typeof globalThis.fetch;
  /** Before the next attempt after one that brought nothing, in milliseconds. */
  readonly retryMs?: number;
}

export interface DownloadProgress {
  /** `waiting`: another window is downloading it; `checking`: what lies there already is being read. */
  readonly doing: 'checking' | 'downloading' | 'waiting';
  readonly bytes: number;
  readonly total: number;
}

/** Reason for an abort that keeps what arrived. */
export const pause: unique symbol = Symbol('pause');

/** Attempts in a row that may bring nothing. */
const mostAttempts = 5;
const othersPollMs = 250;
/** Left free on the disk, in bytes. */
const spareBytes = 200e6;

/**
 * @returns the path of the model
 * @throws DownloadError
 */
export async function downloadModel(entry: CatalogueEntry, options: DownloadOptions): Promise<string> {
  const path = modelPath(entry, options.folder);
  await mkdir(options.folder, { recursive: true });
  for (;;) {
    if ((await modelState(entry, options.folder)).kind === 'present') return path;
    throwIfCancelled(entry, options.signal);
    const lock = await tryLock(`${path}.lock`);
    if (lock === null) {
      await waitForOther(entry, options);
      continue;
    }
    try {
      await downloadLocked(entry, options);
      return path;
    } finally {
      await lock.release();
    }
  }
}

async function downloadLocked(entry: CatalogueEntry, options: DownloadOptions): Promise<void> {
  const source = sourceOf(entry, options.mirror, options.fetch);
  try {
    const expected = await publishedOf(entry, source, options);
    await bring(entry, source, expected, options);
  } catch (error) {
    if (options.signal.aborted && options.signal.reason !== pause) await discardParts(entry, options.folder);
    throwIfCancelled(entry, options.signal);
    throw error;
  }
}

async function publishedOf(
  { file }: CatalogueEntry,
  source: Source,
  { signal }: DownloadOptions,
): Promise<Published> {
  const { bytes, sha256 } = file;
  return bytes === null || sha256 === null ? await source.published(signal) : { bytes, sha256 };
}

async function bring(
  entry: CatalogueEntry,
  source: Source,
  expected: Published,
  options: DownloadOptions,
): Promise<void> {
  const { folder, signal, onProgress } = options;
  const path = partPath(entry, folder, expected.sha256);
  await requireSpace(folder, expected.bytes - ((await sizeOf(path)) ?? 0));
  const report = (doing: DownloadProgress['doing']) => (bytes: number) => {
    onProgress?.({ doing, bytes, total: expected.bytes });
  };
  const part = await PartFile.open(path, { signal, onProgress: report('checking') });
  try {
    await fill(part, source, expected, { ...options, onBytes: report('downloading') });
  } finally {
    await part.close();
    if (part.bytes === 0) await rm(path, { force: true });
  }
  // What lies there is looked at too: a process that took this one for dead may have written beside it.
  if (part.sha256() !== expected.sha256 || (await sizeOf(path)) !== expected.bytes) {
    await rm(path, { force: true });
    throw new DownloadError(
      'refused',
      `what ${source.name} sent as ${entry.file.name} is not the published file (its SHA-256 is another): nothing of it was kept`,
    );
  }
  const whole = modelPath(entry, folder);
  if (entry.file.sha256 === null)
    await writeFile(`${whole}.sha256`, `${expected.sha256}  ${entry.file.name}\n`);
  await rename(path, whole);
}

interface FillOptions extends DownloadOptions {
  readonly onBytes: (bytes: number) => void;
}

/** Asks again, from where it was cut off, as long as something comes. */
async function fill(
  part: PartFile,
  source: Source,
  expected: Published,
  { signal, onBytes, retryMs = 1_000 }: FillOptions,
): Promise<void> {
  let vain = 0;
  while (part.bytes < expected.bytes) {
    const before = part.bytes;
    try {
      await fillOnce(part, source, expected, { signal, onBytes });
      if (part.bytes < expected.bytes) throw new DownloadError('temporary', `${source.name} broke off`);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof DownloadError) || error.kind !== 'temporary') throw error;
      vain = part.bytes > before ? 0 : vain + 1;
      if (vain >= mostAttempts) throw keeping(error, part, expected);
      await sleep(retryMs * 2 ** vain, undefined, { signal });
    }
  }
  if (part.bytes > expected.bytes) {
    await part.restart();
    throw new DownloadError(
      'refused',
      `${source.name} sent more than the ${String(expected.bytes)} bytes that the published file has: nothing of it was kept`,
    );
  }
}

async function fillOnce(
  part: PartFile,
  source: Source,
  expected: Published,
  { signal, onBytes }: Pick<FillOptions, 'signal' | 'onBytes'>,
): Promise<void> {
  const opened = await source.open(part.bytes, expected, signal);
  if (opened.from !== part.bytes) await part.restart();
  for await (const chunk of opened.bytes) {
    signal.throwIfAborted();
    await part.append(chunk);
    onBytes(Math.min(part.bytes + (opened.ahead?.() ?? 0), expected.bytes));
    if (part.bytes > expected.bytes) return;
  }
}

function keeping(error: DownloadError, part: PartFile, { bytes }: Published): DownloadError {
  const kept = part.bytes === 0 ? '' : `; ${megabytes(part.bytes)} of ${megabytes(bytes)} MB are kept`;
  return new DownloadError('temporary', `${error.message}${kept}: download it again to go on`, {
    cause: error,
  });
}

/** @throws DownloadError */
async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= bytes + spareBytes) return;
  throw new DownloadError(
    'refused',
    `${megabytes(bytes)} MB are needed and ${megabytes(free)} MB are free in ${folder}: make room there`,
  );
}

/** Until the other is done or gives up; what it does is shown. */
async function waitForOther(
  entry: CatalogueEntry,
  { folder, signal, onProgress }: DownloadOptions,
): Promise<void> {
  const { bytes } = await modelState(entry, folder);
  onProgress?.({ doing: 'waiting', bytes, total: entry.file.bytes ?? bytes });
  await sleep(othersPollMs, undefined, { signal }).catch(() => undefined);
}

function throwIfCancelled(entry: CatalogueEntry, signal: AbortSignal): void {
  if (!signal.aborted) return;
  const what = signal.reason === pause ? 'was paused' : 'was cancelled';
  throw new DownloadError('cancelled', `the download of ${entry.name} ${what}`);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
