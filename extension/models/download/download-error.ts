/** What a person is told of a download that failed: one line, with what to do. */

/** `temporary`: the same again may go well; `refused`: it will not; `cancelled`: somebody ended it. */
export type DownloadFailure = 'temporary' | 'refused' | 'cancelled';

export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly kind: DownloadFailure;

  constructor(kind: DownloadFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** @param thrown by `fetch` or the file system */
export function temporary(what: string, thrown: unknown): DownloadError {
  return new DownloadError('temporary', `${what}: ${reasonOf(thrown)}`, { cause: thrown });
}

/** Node's own message advises on how to start Node. */
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function isCode(thrown: unknown): thrown is { readonly code: string } {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string';
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (isCode(cause) && untrusted.has(cause.code)) {
    return "its certificate, or the proxy's, is of an authority that is not trusted here: add that to the system's, for the command line by NODE_EXTRA_CA_CERTS";
  }
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return thrown.message;
}
