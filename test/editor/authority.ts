/** A certificate authority that only who is told of it trusts, as companies have for their proxies. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** Of its own certificate, PEM. */
  readonly path: string;
  /** Of a server that it vouches for, PEM. */
  readonly server: { readonly key: string; readonly cert: string };
}

/** @param names such as `DNS:models.example.com` or `IP:127.0.0.1`, of the server */
export function authorityIn(folder: string, names: readonly string[]): Authority {
  const at = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=Tests of Hotset'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', at('ca.key'), '-out', at('ca.pem')],
  );
  openssl(
    ...['req', '-x509', ...key, '-days', '2', '-subj', '/CN=localhost', '-CA', at('ca.pem')],
    ...['-CAkey', at('ca.key'), '-addext', `subjectAltName=${names.join(',')}`],
    ...[
      '-addext',
      'basicConstraints=critical,CA:FALSE',
      '-keyout',
      at('server.key'),
      '-out',
      at('server.pem'),
    ],
  );
  const read = (name: string) => readFileSync(at(name), 'utf8');
  return { path: at('ca.pem'), server: { key: read('server.key'), cert: read('server.pem') } };
}
