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

/** `fetch failed` says nothing; its cause does. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return thrown.message;
}
