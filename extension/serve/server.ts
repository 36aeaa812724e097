/** The engine over HTTP, for other editors: llama.cpp's `/infill` and `/completion`, OpenAI's `/v1/completions`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../engine/engine.ts';
import type { ModelFigures } from '../protocol/figures.ts';
import { type Access, checkOrigin, checkToken } from './access.ts';
import { readBody } from './body.ts';
import { asked, type Asked, modelId, modelList, properties, unanswered } from './endpoints.ts';
import { EventStream } from './event-stream.ts';
import { asHttpError, errorBody, HttpError } from './http-error.ts';
import { KnownDocuments } from './known-documents.ts';
import { Turns } from './turns.ts';

export interface Served {
  readonly engine: Engine;
  readonly model: ModelFigures;
  readonly access: Access;
  /** Of Hotset. */
  readonly version: string;
}

const headersMs = 10_000;
const bodyMs = 30_000;
/** Nobody waits longer for a completion. */
const answerMs = 120_000;
const mostConnections = 64;

/** Answers from when it listens. */
export class HttpService {
  readonly #served: Served;
  readonly #server: Server;
  readonly #documents = new KnownDocuments();
  readonly #turns = new Turns();

  constructor(served: Served) {
    this.#served = served;
    this.#server = createServer(
      { headersTimeout: headersMs, requestTimeout: bodyMs },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.maxConnections = mostConnections;
  }

  /**
   * @param port 0: any that is free
   * @returns the port
   * @throws Error of node:net, with its code, where the address is taken or not this machine's
   */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, this.#served.access.host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends what runs, and hangs up. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (thrown) {
      refuse(response, asHttpError(thrown));
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, model, version } = this.#served;
    const [path = ''] = (request.url ?? '').split('?', 1);
    checkOrigin(request.headers, access);
    if (isGet(request) && (path === '/health' || path === '/v1/health')) {
      sendJson(response, 200, { status: 'ok' });
      return;
    }
    checkToken(request.headers, access);
    if (isGet(request) && (path === '/v1/models' || path === '/models')) {
      sendJson(response, 200, modelList(model));
    } else if (isGet(request) && path === '/props') {
      sendJson(response, 200, properties(model, version));
    } else {
      await this.#compute(path, request, response);
    }
  }

  async #compute(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (unanswered.has(path)) throw new HttpError('not_supported_error', `Hotset completes code: no ${path}`);
    const ask = Object.hasOwn(asked, path) ? asked[path] : undefined;
    if (ask === undefined)
      throw new HttpError('not_found_error', `there is no ${request.method ?? ''} ${path}`);
    if (request.method !== 'POST') throw new HttpError('method_not_allowed_error', `ask ${path} by POST`);

    const hungUp = new AbortController();
    response.once('close', () => {
      hungUp.abort();
    });
    const body = await readBody(request);
    const model = modelId(this.#served.model);
    const wanted = ask({ body, client: clientOf(request), documents: this.#documents, model });
    const signal = AbortSignal.any([hungUp.signal, AbortSignal.timeout(answerMs)]);
    if (body.boolean('stream')) await this.#stream(wanted, signal, response);
    else sendJson(response, 200, wanted.dialect.whole(await this.#run(wanted, signal, () => undefined)));
  }

  async #stream(wanted: Asked, signal: AbortSignal, response: ServerResponse): Promise<void> {
    const stream = new EventStream(response);
    const answer = await this.#run(wanted, signal, (text) => {
      if (!signal.aborted) stream.send(wanted.dialect.piece(text));
    });
    if (response.destroyed) return;
    wanted.dialect.finish(answer, stream);
    stream.end();
  }

  #run({ task }: Asked, signal: AbortSignal, onText: (text: string) => void) {
    return this.#turns.take(task.of, signal, (ended) => task.run(this.#served.engine, ended, onText));
  }
}

function isGet({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Each request may come over a connection of its own. */
function clientOf({ headers, socket }: IncomingMessage): string {
  return `${socket.remoteAddress ?? ''} ${headers['user-agent'] ?? ''}`;
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

/** In the middle of a stream, an error is an event like others. */
function refuse(response: ServerResponse, error: HttpError): void {
  if (response.destroyed) return;
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(errorBody(error))}\n\n`);
    return;
  }
  // What was not read of the body is not waited for.
  response.setHeader('Connection', 'close');
  sendJson(response, error.status, errorBody(error));
}
