/**
 * Who may ask. On loopback every program of this machine may, but no web page: a browser names the page that asks (`Origin`),
 * and one that was led here by another name (DNS rebinding) names that (`Host`). Beyond loopback a token is asked for.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../protocol/loopback.ts';
import { HttpError } from './http-error.ts';

export interface Access {
  /** null: none is asked for. */
  readonly token: string | null;
  /** The address that is listened on, as it was asked for. */
  readonly host: string;
}

/** @throws HttpError */
export function checkOrigin(headers: IncomingHttpHeaders, { host }: Access): void {
  if (headers.origin !== undefined || isFromPage(headers['sec-fetch-site'])) {
    throw new HttpError('permission_error', 'web pages may not ask this server');
  }
  if (isLoopback(host) && !isLoopback(nameIn(headers.host ?? ''))) {
    throw new HttpError('permission_error', 'ask this server by the name localhost or by its address');
  }
}

/** Of llama.cpp's clients, some send `X-Api-Key`. @throws HttpError */
export function checkToken(headers: IncomingHttpHeaders, { token }: Access): void {
  if (token === null) return;
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? headers['x-api-key'];
  if (typeof given !== 'string' || !isSame(given.trim(), token)) {
    throw new HttpError('authentication_error', 'send the token as "Authorization: Bearer TOKEN"');
  }
}

/** What a person typed into the address bar counts as theirs. */
function isFromPage(site: string | string[] | undefined): boolean {
  return site !== undefined && site !== 'none';
}

/** Of a `Host` header, without the port. */
function nameIn(header: string): string {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(header)?.[1];
  return bracketed ?? header.replace(/:\d+$/, '');
}

/** In the same time whatever was given. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
