/** A server with Hugging Face's paths that can be told to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CatalogueEntry } from '../../../extension/models/catalogue.ts';
import { tern } from './entries.ts';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An entry whose file is `bytes`. */
export function entryFor(bytes: Uint8Array): CatalogueEntry {
  return { ...tern, file: { name: 'tern.gguf', bytes: bytes.length, sha256: sha256(bytes) } };
}

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export class ModelServer {
  /** What the file holds there. */
  content: Uint8Array;
  /** Breaks the connection off after so many bytes of each answer. */
  cutAfter = Infinity;
  /** Places in the file where the connection that comes past breaks off, once each. */
  readonly cutAt = new Set<number>();
  /** Sent at a time. */
  pieceBytes = 16_384;
  /** Between two pieces. */
  pieceMs = 0;
  status = 200;
  /** Answers whole, whatever part is asked for. */
  ignoresRanges = false;
  /** Says nothing of how long the answer will be. */
  hidesLength = false;
  /** Sends everybody on to another address first. */
  redirects = false;
  /** So many answers at a time; it has no time for others. */
  mostAtOnce = Infinity;
  /** The most answers that were under way at a time. */
  seenAtOnce = 0;
  #atOnce = 0;
  /** `Range` of each request for the file, oldest first. */
  readonly ranges: string[] = [];
  /** Hosts and ports that it was asked to connect to, as a proxy is; it is all of them itself. */
  readonly tunnels: string[] = [];
  readonly #server: Server;
  readonly #protocol: 'http' | 'https';

  private constructor(content: Uint8Array, certificate: Certificate | null) {
    this.content = content;
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      void this.#answer(request, response);
    };
    this.#protocol = certificate === null ? 'http' : 'https';
    this.#server = certificate === null ? createServer(answer) : createSecureServer(certificate, answer);
    this.#server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      this.#tunnel(request, socket);
    });
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.tunnels.push(request.url ?? '');
    const here = connect((this.#server.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(here).pipe(socket);
    });
    socket.on('error', () => here.destroy());
    here.on('error', () => socket.destroy());
  }

  /** @param certificate null: it speaks plain HTTP */
  static async start(content: Uint8Array, certificate: Certificate | null = null): Promise<ModelServer> {
    const server = new ModelServer(content, certificate);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get address(): string {
    return `${this.#protocol}://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path.includes('/paths-info/')) {
      const lfs = { oid: sha256(this.content), size: this.content.length, pointerSize: 1 };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify([{ path: 'tern.gguf', type: 'file', size: lfs.size, oid: 'x', lfs }]));
      return;
    }
    if (this.redirects && path.includes('/resolve/')) {
      response.writeHead(302, { Location: `${this.address}/elsewhere/tern.gguf` }).end();
      return;
    }
    this.ranges.push(request.headers.range ?? '');
    if (this.status !== 200) {
      response.writeHead(this.status).end('no');
      return;
    }
    if (this.#atOnce >= this.mostAtOnce) {
      response.writeHead(429).end('one after the other');
      return;
    }
    this.seenAtOnce = Math.max(this.seenAtOnce, ++this.#atOnce);
    await this.#send(request, response);
    this.#atOnce--;
  }

  async #send(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { length } = this.content;
    const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const isPart = asked !== null && !this.ignoresRanges;
    const from = isPart ? Number(asked[1]) : 0;
    const last = isPart && asked[2] !== '' ? Number(asked[2]) : length - 1;
    if (!this.hidesLength) response.setHeader('Content-Length', last + 1 - from);
    if (isPart)
      response.setHeader('Content-Range', `bytes ${String(from)}-${String(last)}/${String(length)}`);
    response.writeHead(isPart ? 206 : 200);
    const end = Math.min(last + 1, from + this.cutAfter, this.#cutBetween(from, last));
    for (let at = from; at < end && !response.destroyed; at += this.pieceBytes) {
      response.write(this.content.subarray(at, Math.min(end, at + this.pieceBytes)));
      await new Promise((resolve) => setTimeout(resolve, this.pieceMs));
    }
    if (end <= last) response.destroy();
    else response.end();
  }

  #cutBetween(from: number, last: number): number {
    const [cut = Infinity] = [...this.cutAt].filter((place) => place > from && place <= last);
    this.cutAt.delete(cut);
    return cut;
  }
}
