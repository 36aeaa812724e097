/** A server with OpenAI's completions that goes wrong in whatever way a test wants. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Heard {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** Answers `/v1/completions`. */
export type Behaviour = (response: ServerResponse, body: Record<string, unknown>) => unknown;

export class FaultyServer {
  readonly heard: Heard[] = [];
  behaviour: Behaviour = says('answered');
  /** Of `/v1/models`. */
  status = 200;
  hungUp = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  /** @param port 0: any that is free */
  static async start(port = 0): Promise<FaultyServer> {
    const server = new FaultyServer();
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get completions(): Heard[] {
    return this.heard.filter(({ path }) => path === '/v1/completions');
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    const path = request.url ?? '';
    this.heard.push({ path, authorization: request.headers.authorization, body });
    response.on('close', () => {
      if (!response.writableFinished) this.hungUp++;
    });
    if (path === '/v1/completions') await this.behaviour(response, body);
    else if (path === '/v1/models') sendJson(response, this.status, { data: [{ id: 'qwen2.5-coder-test' }] });
    else sendJson(response, 404, { error: { message: 'no such path' } });
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

export function choice(text: string, reason: string | null = null): string {
  return event({ choices: [{ text, finish_reason: reason }] });
}

/** Says it in two pieces, as it should. */
export function says(text: string): Behaviour {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const middle = Math.floor(text.length / 2);
    response.write(choice(text.slice(0, middle)));
    response.end(choice(text.slice(middle), 'stop') + event('[DONE]'));
  };
}
