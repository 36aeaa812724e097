/** A request's body: one JSON object, no longer than a completion could ever need. */
import type { IncomingMessage } from 'node:http';
import { Fields } from './fields.ts';
import { HttpError } from './http-error.ts';

/** Several times what the longest context can read. */
const mostBytes = 4 * 2 ** 20;

/** So much of a body that is too long is read and dropped: who is still writing would not hear why it is refused. */
const mostDropped = 16 * mostBytes;

/** @throws HttpError */
export async function readBody(request: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > mostDropped) break;
  }
  if (bytes > mostBytes) {
    throw new HttpError('too_large_error', `the body is longer than ${mostBytes} bytes: send less text`);
  }
  return new Fields(parsed(Buffer.concat(chunks).toString('utf8')));
}

function parsed(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HttpError('invalid_request_error', 'the body is no JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new HttpError('invalid_request_error', 'the body is no JSON object');
}
