/** Short questions to a server, answered in JSON. */
import type { Consult } from './dialect.ts';
import type { ServerRequest, Transport } from './transport.ts';

const mostMs = 5_000;
const mostCharacters = 4_000_000;

export interface Consulted {
  /** Of HTTP. */
  readonly status: number;
  readonly body: string;
}

/** @throws Error with one line where there is no answer */
export async function consulted(
  request: ServerRequest,
  transport: Transport,
  signal: AbortSignal,
): Promise<Consulted> {
  let body = '';
  const tooLong = new AbortController();
  const timeout = AbortSignal.timeout(mostMs);
  try {
    const either = AbortSignal.any([signal, timeout, tooLong.signal]);
    const status = await transport.send(request, either, (text) => {
      body += text;
      if (body.length > mostCharacters) tooLong.abort();
    });
    return { status, body };
  } catch (error) {
    if (tooLong.signal.aborted) throw new Error('its answer has no end', { cause: error });
    if (timeout.aborted)
      throw new Error(`it does not answer within ${mostMs / 1000} seconds`, { cause: error });
    throw error;
  }
}

export function consultBy(transport: Transport, signal: AbortSignal): Consult {
  return async (request) => {
    const { status, body } = await consulted(request, transport, signal);
    return status === 200 ? parsed(body) : undefined;
  };
}

/** undefined: no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
