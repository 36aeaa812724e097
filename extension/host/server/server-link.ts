/**
 * Sends the engine's requests to the server that the settings name. Here, and not in the engine, because here `fetch` knows the
 * editor's proxy and certificates, and because the key stays here.
 */
import type { SendParams } from '../../protocol/requests.ts';
import type { ServerAddress } from './server-address.ts';

export interface ServerLinkTools {
  /** null: no server is to complete. */
  readonly address: () => ServerAddress | null;
  readonly keyOf: (origin: string) => Promise<string | undefined>;
}

export type ServerLink = (
  params: Omit<SendParams, 'streamId'>,
  signal: AbortSignal,
  onText: (text: string) => void,
) => Promise<number>;

/** @returns resolves to the HTTP status; rejects with one line that holds no key */
export function serverLink({ address, keyOf }: ServerLinkTools): ServerLink {
  return async ({ path, body }, signal, onText) => {
    const server = address();
    if (server === null) throw new Error('hotset.server.url names none');
    if (server.fault !== null) throw new Error(server.fault);
    const key = await keyOf(server.origin);
    try {
      const response = await fetch(server.url + path, {
        method: body === null ? 'GET' : 'POST',
        headers: {
          ...(body === null ? {} : { 'Content-Type': 'application/json' }),
          ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
        },
        body,
        signal,
        // Elsewhere, nobody was asked whether text and key may go there.
        redirect: 'manual',
      });
      await readAll(response, onText);
      return response.status;
    } catch (error) {
      throw new Error(signal.aborted ? 'it was cancelled' : reasonOf(error), { cause: error });
    }
  };
}

async function readAll({ body }: Response, onText: (text: string) => void): Promise<void> {
  if (body === null) return;
  const decoder = new TextDecoder();
  for await (const chunk of body) onText(decoder.decode(chunk as Uint8Array, { stream: true }));
}

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers there',
  ENOTFOUND: 'there is no such address',
  EAI_AGAIN: 'there is no such address',
  ECONNRESET: 'it hung up',
  UND_ERR_SOCKET: 'it hung up',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
};

/** Only the code: what else an error says may hold what was sent. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    if (code !== '') return sentences[code] ?? `it can’t be reached (${code})`;
  }
  return 'it can’t be reached';
}
