/** Server-sent events, as both kinds of clients read them. */
import type { ServerResponse } from 'node:http';

export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get hasBegun(): boolean {
    return this.#response.headersSent;
  }

  send(event: object): void {
    this.#write(JSON.stringify(event));
  }

  /** OpenAI's last word. */
  sendDone(): void {
    this.#write('[DONE]');
  }

  end(): void {
    this.#response.end();
  }

  #write(data: string): void {
    if (!this.hasBegun) {
      this.#response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
      });
    }
    this.#response.write(`data: ${data}\n\n`);
  }
}
