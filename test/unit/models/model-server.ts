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
    await this.#send(request, response);
  }

  async #send(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const from = this.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const { length } = this.content;
    if (!this.hidesLength) response.setHeader('Content-Length', length - from);
    if (from > 0) response.setHeader('Content-Range', `bytes ${String(from)}-${String(length - 1)}/${String(length)}`);
    response.writeHead(from > 0 ? 206 : 200);
    const end = Math.min(length, from + this.cutAfter);
    for (let at = from; at < end && !response.destroyed; at += this.pieceBytes) {
      response.write(this.content.subarray(at, Math.min(end, at + this.pieceBytes)));
      await new Promise((resolve) => setTimeout(resolve, this.pieceMs));
    }
    if (end < length) response.destroy();
    else response.end();
  }
}
