/** One error type for everything the engine refuses: a kind the caller can act on and one line a person can act on. */
import type { ErrorCode } from '../protocol/requests.ts';

export type EngineErrorKind = keyof typeof ErrorCode;

export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly kind: EngineErrorKind;

  /** @param message one line that says what is wrong and what to do */
  constructor(kind: EngineErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const kinds: Readonly<Record<string, EngineErrorKind>> = {
  BAD_INPUT: 'badInput',
  BAD_MODEL: 'badModel',
  OUT_OF_MEMORY: 'outOfMemory',
  INTERNAL: 'internal',
};

/** Whatever was thrown, as an {@link EngineError}: the addon's errors carry a `code`, ours are kept as they are. */
export function asEngineError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown;
  if (!(thrown instanceof Error)) return new EngineError('internal', String(thrown));

  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const firstLine = thrown.message.split('\n', 1)[0] ?? '';
  return new EngineError(kinds[code] ?? 'internal', firstLine, { cause: thrown });
}
