/** Which of the models in memory have to leave it, the one that answers never among them. */

export interface Kept {
  readonly path: string;
  /** Of weights, in main memory or on a GPU. */
  readonly bytes: number;
  readonly gpuBytes: number;
  /** When it answered last, in milliseconds. */
  readonly leftAt: number;
}

export interface Limits {
  /** Milliseconds, on the same clock. */
  readonly now: number;
  /** Who was not wanted for so many milliseconds leaves; Infinity: nobody. */
  readonly idleMs: number;
  /** Of weights, that of the one that answers included. */
  readonly mostBytes: number;
}

/**
 * A model that was not wanted for long; the same file, loaded otherwise than now; one on a GPU, whose memory the one that answers
 * can use; and, where there are too many, those that answered longest ago.
 * @param others the one that answered longest ago comes first
 */
export function leaving<Model extends Kept>(
  answering: Pick<Kept, 'path' | 'bytes'>,
  others: readonly Model[],
  { now, idleMs, mostBytes }: Limits,
): Model[] {
  const isStale = ({ path, gpuBytes, leftAt }: Model) =>
    path === answering.path || gpuBytes > 0 || now - leftAt >= idleMs;
  const stale = others.filter(isStale);
  const left = others.filter((model) => !isStale(model));
  let bytes = left.reduce((sum, model) => sum + model.bytes, answering.bytes);
  const tooMany = left.filter((model) => {
    if (bytes <= mostBytes) return false;
    bytes -= model.bytes;
    return true;
  });
  return [...stale, ...tooMany];
}
