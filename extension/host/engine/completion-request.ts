/** One completion on its way: passes a cancellation on, and ends an engine that does not react to it. */
import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc/node';
import {
  type CompleteParams,
  type CompleteResult,
  ErrorCode,
  type LogParams,
} from '../../protocol/requests.ts';
import type { Clock } from '../../scheduling/clock.ts';
import type { Engine } from './running.ts';

/** An engine that leaves a cancelled completion unanswered for so long hangs. */
const hangMs = 5_000;

export interface RequestOptions {
  readonly signal: AbortSignal;
  /** Called with each piece of text as it is generated. */
  readonly onText: ((text: string) => void) | undefined;
  /** The model turned out to be none that can answer. @param reason one line that says what to do */
  readonly onBadModel: (reason: string) => void;
  /** The model's file is another one now. */
  readonly onReplacedModel: () => void;
  readonly log: (line: LogParams) => void;
  readonly clock: Clock;
}

/** @returns null when it was cancelled, or when there was no answer: the log knows why */
export async function requestCompletion(
  engine: Engine,
  params: CompleteParams,
  { signal, onText, onBadModel, onReplacedModel, log, clock }: RequestOptions,
): Promise<CompleteResult | null> {
  if (signal.aborted) return null;
  const source = new CancellationTokenSource();
  let stopWaiting: () => void = () => undefined;
  const onAbort = () => {
    source.cancel();
    const patience = clock.after(hangMs, () => {
      log({ level: 'error', message: 'the engine does not answer: it is ended and started again' });
      engine.kill();
    });
    stopWaiting = () => {
      patience.cancel();
    };
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const result = await engine.complete(params, source.token, onText);
    log({ level: 'debug', message: summaryOf(result) });
    return result.stopReason === 'cancelled' ? null : result;
  } catch (error) {
    const code = error instanceof ResponseError ? error.code : null;
    if (code === ErrorCode.badModel) onBadModel(messageOf(error));
    else log({ level: 'warn', message: `no completion: ${messageOf(error)}` });
    if (code === ErrorCode.modelReplaced) onReplacedModel();
    return null;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stopWaiting();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why something was shown or was not: the first thing to look for when suggestions seem rare. */
function summaryOf(result: CompleteResult): string {
  const outcome = result.text === '' ? 'nothing to show' : `${result.text.length} characters to show`;
  const { tokens, passes, cachedTokens, promptTokens, timeToFirstTokenMs, stopReason } = result;
  return (
    `completion: ${outcome}; ${tokens} tokens in ${passes} passes, ended by ${stopReason}; ` +
    `${cachedTokens} of ${promptTokens} prompt tokens cached, first token after ${timeToFirstTokenMs.toFixed(0)} ms`
  );
}
