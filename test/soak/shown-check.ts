/** Whether what is shown was computed for the text that stands there then. */
import { createHash } from 'node:crypto';
import type { AttendParams, CompleteParams, CompleteResult } from '../../extension/protocol/requests.ts';
import type { SchedulerEngine } from '../../extension/scheduling/completion-scheduler.ts';
import type { Place, Suggestion } from '../../extension/scheduling/place.ts';

/** More than the scheduler keeps of all documents together. */
const mostAnswers = 10_000;

/** An engine in between, that remembers what documents its answers led to. */
export class Witness implements SchedulerEngine {
  asked = 0;
  readonly #engine: SchedulerEngine;
  readonly #onAnswer: (result: CompleteResult, milliseconds: number) => void;
  /** In the order of their coming; of the documents, their hashes, lest the witness be the one whose memory grows. */
  readonly #ends = new Set<string>();

  constructor(engine: SchedulerEngine, onAnswer: (result: CompleteResult, milliseconds: number) => void) {
    this.#engine = engine;
    this.#onAnswer = onAnswer;
  }

  async complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null> {
    this.asked++;
    const start = performance.now();
    const result = await this.#engine.complete(params, signal, onText);
    if (result === null) return null;
    this.#onAnswer(result, performance.now() - start);
    this.#remember(endOf(params, result));
    return result;
  }

  attend(params: AttendParams): void {
    this.#engine.attend?.(params);
  }

  leave(): void {
    this.#engine.leave?.();
  }

  /**
   * Whether some answer leads to the same document as the suggestion does here. Then both were made for beginnings of one
   * text, and what stands here is what that answer was asked for, but for what was typed or accepted of it since.
   */
  hasSaid(place: Place, suggestion: Suggestion): boolean {
    return this.#ends.has(endOf(place, suggestion));
  }

  #remember(end: string): void {
    this.#ends.delete(end);
    this.#ends.add(end);
    const [oldest] = this.#ends;
    if (this.#ends.size > mostAnswers && oldest !== undefined) this.#ends.delete(oldest);
  }
}

/**
 * The document once the text is accepted, as a hash. White space is left out: a suggestion stays when lines are added below it
 * that say nothing.
 */
function endOf(
  { document, prefix, suffix }: Pick<CompleteParams, 'document' | 'prefix' | 'suffix'>,
  { text, overlap }: Pick<Suggestion, 'text' | 'overlap'>,
): string {
  const whole = (prefix + text + suffix.slice(overlap)).replace(/\s+/g, '');
  return createHash('sha1')
    .update(`${document ?? ''}\0${whole}`)
    .digest('base64');
}
