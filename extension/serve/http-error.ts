/** What a request is refused with, in llama.cpp's and OpenAI's shape. */
import { asEngineError } from '../engine/errors.ts';

const types = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  method_not_allowed_error: 405,
  too_large_error: 413,
  server_error: 500,
  not_supported_error: 501,
  unavailable_error: 503,
} as const;

export type HttpErrorType = keyof typeof types;

export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly type: HttpErrorType;

  /** @param message one line that says what is wrong and what to do */
  constructor(type: HttpErrorType, message: string) {
    super(message);
    this.type = type;
  }

  get status(): number {
    return types[this.type];
  }
}

export function asHttpError(thrown: unknown): HttpError {
  if (thrown instanceof HttpError) return thrown;
  const { kind, message } = asEngineError(thrown);
  if (kind === 'modelReplaced') return new HttpError('unavailable_error', `${message}, by hotset serve`);
  return new HttpError(kind === 'badInput' ? 'invalid_request_error' : 'server_error', message);
}

/** The whole body; clients of either kind read what they know of it. */
export function errorBody(error: HttpError): object {
  return { error: { code: error.status, message: error.message, type: error.type, param: null } };
}
