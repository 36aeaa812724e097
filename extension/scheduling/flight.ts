/** One request on its way: it goes on for as long as it may still answer the place where the person types. */
import type { CompleteParams, CompleteResult } from '../protocol/requests.ts';
import { changeBetween } from './change.ts';
import type { Place } from './place.ts';

export interface CompletionEngine {
  /**
   * One completion; ends soon after the signal is aborted.
   * @param onText newly generated text, not trimmed yet
   * @returns null when it was cancelled, or when there is no engine
   */
  complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null>;
}

/** What is typed before an answer comes; more than this is pasted. */
const mostTyped = 256;

export class Flight {
  readonly place: Place;
  readonly isInvoked: boolean;
  /** null when it was cancelled, or when there is no engine. */
  readonly answer: Promise<CompleteResult | null>;
  readonly #controller = new AbortController();
  #followed: Place;
  #text = '';

  constructor(engine: CompletionEngine, place: Place, params: CompleteParams, isInvoked: boolean) {
    this.place = place;
    this.isInvoked = isInvoked;
    this.#followed = place;
    this.answer = this.#fly(engine, params);
  }

  get isCancelled(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Whether the engine has begun to answer. */
  get hasText(): boolean {
    return this.#text !== '';
  }

  /**
   * Now the answer is wanted at this place. The flight is cancelled as soon as what it says is not what was typed.
   * @returns whether it may answer there
   */
  follow(place: Place): boolean {
    this.#followed = place;
    if (!this.#foretells()) this.cancel();
    return !this.isCancelled;
  }

  cancel(): void {
    this.#controller.abort();
  }

  async #fly(engine: CompletionEngine, params: CompleteParams): Promise<CompleteResult | null> {
    const result = await engine.complete(params, this.#controller.signal, (text) => {
      this.#text += text;
      if (!this.#foretells()) this.cancel();
    });
    return this.isCancelled || result?.stopReason === 'cancelled' ? null : result;
  }

  #foretells(): boolean {
    const change = changeBetween(this.place, this.#followed, mostTyped);
    if (change === null) return false;
    return change.typed.startsWith(this.#text) || this.#text.startsWith(change.typed);
  }
}
