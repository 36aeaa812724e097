/** What a completion request may ask for. */
import type { CompleteParams } from '../../protocol/requests.ts';
import { EngineError } from '../errors.ts';

/**
 * The request with line feeds alone for line ends: models are trained on nothing else.
 * @throws EngineError
 */
export function checkedParams(params: CompleteParams): CompleteParams {
  check(params);
  return { ...params, prefix: withLineFeeds(params.prefix), suffix: withLineFeeds(params.suffix) };
}

export function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function check(params: CompleteParams): void {
  const { maxTokens, maxLines, maxMilliseconds, temperature } = params;
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new EngineError('badInput', 'the number of tokens must be a whole number of at least 1');
  }
  if (!Number.isInteger(maxLines) || maxLines < 0) {
    throw new EngineError('badInput', 'the number of lines must be a whole number of at least 0');
  }
  if (!(maxMilliseconds >= 0))
    throw new EngineError('badInput', 'the time limit must be at least 0 milliseconds');
  if (!(temperature >= 0)) throw new EngineError('badInput', 'the temperature must be at least 0');
}
