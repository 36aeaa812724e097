/** The address of the server that is to complete, as a person wrote it. */
import { isLoopback } from '../../protocol/loopback.ts';

export interface ServerAddress {
  /** Nothing of it is secret: without name, password and query. No slash at its end. */
  readonly url: string;
  /** Keys are kept for it: another server never gets them. */
  readonly origin: string;
  /** Why nothing can be sent there; null: it can. */
  readonly fault: string | null;
}

export function serverAddress(written: string): ServerAddress {
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return {
      url: 'the server',
      origin: '',
      fault: 'hotset.server.url is no address that begins with http:// or https://',
    };
  }
  const clean = url.origin + url.pathname.replace(/\/+$/, '');
  const isSecret = url.username !== '' || url.password !== '' || url.search !== '';
  const fault = isSecret
    ? 'hotset.server.url must hold no key: Hotset: Set Server Key keeps it safely'
    : null;
  return { url: clean, origin: url.origin, fault };
}

/** Whether what is sent there leaves this machine. */
export function isElsewhere(url: string): boolean {
  const host = URL.parse(url)?.hostname;
  return host === undefined || !isLoopback(host);
}
