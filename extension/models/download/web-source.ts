/** Hugging Face, or a server that has the same paths. */
import { pathsInfo } from '@huggingface/hub';
import type { CatalogueEntry } from '../catalogue.ts';
import { DownloadError, temporary } from './download-error.ts';
import { ParallelRanges, type Segment } from './parallel-ranges.ts';
import type { Opened, Published, Source } from './source.ts';

/** A server that says nothing for so long is asked again. */
const patienceMs = 30_000;

/** Large enough that asking costs little, small enough that what is given up when it breaks off is soon there again. */
const segmentBytes = 4 << 20;
const mostConnections = 4;

export function webSource(entry: CatalogueEntry, base: string, fetch: typeof globalThis.fetch): Source {
  const file = new WebFile(entry, base, fetch);
  return {
    name: file.host,
    published: (signal) => askHub(entry, base, withSignal(fetch, signal)),
    open: (from, expected, signal) => file.open(from, expected, signal),
  };
}

class WebFile {
  readonly host: string;
  readonly #address: string;
  readonly #fetch: typeof globalThis.fetch;
  #connections = mostConnections;

  constructor({ home, file }: CatalogueEntry, base: string, fetch: typeof globalThis.fetch) {
    this.host = new URL(base).host;
    this.#address = `${base}/${home.repository}/resolve/${home.revision}/${file.name}`;
    this.#fetch = fetch;
  }

  async open(from: number, expected: Published, signal: AbortSignal): Promise<Opened> {
    const segments = segmentsOf(from, expected.bytes);
    const [first] = segments;
    if (first === undefined || segments.length === 1 || this.#connections === 1) {
      return await this.#ask({ begin: from, end: Infinity }, expected, signal);
    }
    const start = new AbortController();
    const opened = await this.#ask(first, expected, AbortSignal.any([signal, start.signal]));
    if (!opened.isPart || opened.from !== from) return opened;
    const ranges = new ParallelRanges(segments, this.#connections, (segment, ended) => {
      if (segment !== first) return this.#read(segment, expected, ended);
      ended.addEventListener('abort', () => {
        start.abort();
      });
      return exactly(opened.bytes, first, this.host);
    });
    return { from, bytes: ranges.bytes(signal), ahead: () => ranges.ahead };
  }

  async #ask(
    segment: Segment,
    expected: Published,
    signal: AbortSignal,
  ): Promise<Opened & { readonly isPart: boolean }> {
    const answer = await ask(this.#fetch, this.#address, segment, signal);
    try {
      const from = beginning(answer, segment.begin, expected, this.host);
      return { from, bytes: reading(answer, this.host, signal), isPart: answer.status === 206 };
    } catch (error) {
      await answer.body?.cancel().catch(() => undefined);
      throw error;
    }
  }

  /** A home that refuses several connections at a time gets one from the next request on. */
  async *#read(segment: Segment, expected: Published, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const opened = await this.#ask(segment, expected, signal).catch((error: unknown) => {
      if (!signal.aborted) this.#connections = 1;
      throw error;
    });
    if (opened.from !== segment.begin) throw otherPart(this.host);
    yield* exactly(opened.bytes, segment, this.host);
  }
}

function segmentsOf(from: number, end: number): Segment[] {
  const count = Math.ceil((end - from) / segmentBytes);
  return Array.from({ length: count }, (_, index) => {
    const begin = from + index * segmentBytes;
    return { begin, end: Math.min(begin + segmentBytes, end) };
  });
}

async function* exactly(
  bytes: AsyncIterable<Uint8Array>,
  { begin, end }: Segment,
  host: string,
): AsyncGenerator<Uint8Array> {
  let at = begin;
  for await (const chunk of bytes) {
    at += chunk.length;
    if (at > end) throw otherPart(host);
    yield chunk;
  }
  if (at < end) throw new DownloadError('temporary', `${host} broke off`);
}

function otherPart(host: string): DownloadError {
  return new DownloadError('temporary', `${host} sent another part of the file than was asked for`);
}

/** Large files are kept by Git LFS, which names them by their SHA-256. */
async function askHub(
  { home, file }: CatalogueEntry,
  hubUrl: string,
  fetch: typeof globalThis.fetch,
): Promise<Published> {
  const { repository, revision } = home;
  const asked = { repo: repository, revision, paths: [file.name], hubUrl, fetch };
  const [info] = await pathsInfo(asked).catch((error: unknown) => {
    throw temporary(`${hubUrl} doesn't say what ${file.name} must be`, error);
  });
  if (info?.lfs === undefined) {
    throw new DownloadError(
      'refused',
      `${hubUrl} doesn't say what ${file.name} must be: it can't be checked`,
    );
  }
  return { bytes: info.lfs.size, sha256: info.lfs.oid.replace(/^sha256:/, '').toLowerCase() };
}

function withSignal(fetch: typeof globalThis.fetch, signal: AbortSignal): typeof globalThis.fetch {
  return (address, options) =>
    fetch(address, { ...options, signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
}

/** Follows redirects: Hugging Face sends everybody on to where the bytes lie. */
async function ask(
  fetch: typeof globalThis.fetch,
  address: string,
  segment: Segment,
  signal: AbortSignal,
): Promise<Response> {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort(new Error(`no answer within ${String(patienceMs / 1000)} s`));
  }, patienceMs);
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
  const range = rangeHeader(segment);
  if (range !== null) headers['Range'] = range;
  try {
    return await fetch(address, { headers, signal: AbortSignal.any([signal, silence.signal]) });
  } catch (error) {
    signal.throwIfAborted();
    throw temporary(`${new URL(address).host} can't be reached`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** @returns null: all of it */
function rangeHeader({ begin, end }: Segment): string | null {
  if (end !== Infinity) return `bytes=${String(begin)}-${String(end - 1)}`;
  return begin === 0 ? null : `bytes=${String(begin)}-`;
}

/** @returns where the answer's bytes begin */
function beginning(answer: Response, from: number, { bytes }: Published, host: string): number {
  const isPart = answer.status === 206;
  if (!answer.ok) throw complaint(answer.status, host);
  const begins = isPart ? rangeOf(answer) : { from: 0, total: lengthOf(answer) };
  if (begins.from !== from && begins.from !== 0) {
    throw otherPart(host);
  }
  if (begins.total !== null && begins.total !== bytes) {
    throw new DownloadError(
      'refused',
      `${host} offers ${String(begins.total)} bytes, the published file has ${String(bytes)}: this is not it`,
    );
  }
  return begins.from;
}

/** `bytes 100-199/200` */
function rangeOf(answer: Response): { from: number; total: number | null } {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('Content-Range') ?? '');
  if (match === null) return { from: -1, total: null };
  return { from: Number(match[1]), total: match[2] === '*' ? null : Number(match[2]) };
}

function lengthOf(answer: Response): number | null {
  const length = answer.headers.get('Content-Length');
  return length === null ? null : Number(length);
}

function complaint(status: number, host: string): DownloadError {
  const again = status === 408 || status === 416 || status === 429 || status >= 500;
  const reasons: Readonly<Record<number, string>> = {
    401: 'asks for an account',
    403: 'does not allow it',
    404: 'has no such file',
    407: 'is behind a proxy that asks for a name and a password',
    429: 'has too many requests',
  };
  const reason = reasons[status] ?? 'could not answer';
  return new DownloadError(again ? 'temporary' : 'refused', `${host} ${reason} (HTTP ${String(status)})`);
}

/** The answer's bytes; a server that falls silent is left. */
async function* reading(answer: Response, host: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (answer.body === null) throw new DownloadError('temporary', `${host} sent nothing`);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop);
  try {
    for (;;) {
      const { done, value } = await orSilent(reader.read(), host);
      if (done) return;
      yield value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof DownloadError ? error : temporary(`${host} broke off`, error);
  } finally {
    signal.removeEventListener('abort', stop);
    await reader.cancel().catch(() => undefined);
  }
}

async function orSilent<Result>(reading: Promise<Result>, host: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DownloadError('temporary', `${host} has fallen silent`));
    }, patienceMs);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}
