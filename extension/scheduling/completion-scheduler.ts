/** Decides when the engine is asked for what, and answers from what it said before wherever that serves. */
import type { AttendParams, CompleteParams, CompleteResult } from '../protocol/requests.ts';
import { type Clock, systemClock } from './clock.ts';
import { Debounce } from './debounce.ts';
import type { Place, Suggestion } from './place.ts';
import { SuggestionCache } from './suggestion-cache.ts';

/** Somebody who asks by hand gets more, and more time for it. */
const invokedFactor = 2;
const automaticTimeMs = 2_000;

export interface SchedulerEngine {
  /**
   * @param onText newly generated text, not trimmed yet
   * @returns null when it was cancelled, or when there is no engine
   */
  complete(
    params: CompleteParams,
    signal: AbortSignal,
    onText?: (text: string) => void,
  ): Promise<CompleteResult | null>;
  attend?(params: AttendParams): void;
}

/** Read whenever they are needed: they may change at any time. */
export interface SchedulerSettings {
  readonly debounceMs: number;
  readonly maxTokens: number;
  readonly maxLines: number;
  /** Below it, between 0 and 1, nothing is suggested while typing. */
  readonly minimumConfidence: number;
}

export interface Asking {
  /** By hand, not by typing. */
  readonly isInvoked: boolean;
}

export class CompletionScheduler {
  readonly #engine: SchedulerEngine;
  readonly #settings: SchedulerSettings;
  readonly #clock: Clock;
  readonly #cache = new SuggestionCache();
  readonly #debounce = new Debounce();

  constructor(engine: SchedulerEngine, settings: SchedulerSettings, clock: Clock = systemClock) {
    this.#engine = engine;
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * @param signal aborted: nobody waits for the answer any more
   * @returns null where there is nothing to show
   */
  async suggest(place: Place, asking: Asking, signal: AbortSignal): Promise<Suggestion | null> {
    const known = this.#cache.find(place.prefix, place.suffix);
    // Asking by hand where nothing was offered before asks again, for more.
    const suggestion =
      known !== null && !(asking.isInvoked && !known.isOffered)
        ? known
        : await this.#ask(place, asking, signal);
    return suggestion?.isOffered === true && !signal.aborted ? suggestion : null;
  }

  /** Tells that the suggestion stands before the person's eyes. */
  shown(_place: Place, _suggestion: Suggestion): void {
    // Nothing hangs on it.
  }

  /** Another model or setting: earlier suggestions no longer count. */
  forget(): void {
    this.#cache.clear();
  }

  async #ask(place: Place, asking: Asking, signal: AbortSignal): Promise<Suggestion | null> {
    if (!asking.isInvoked) await this.#pause(this.#debounce.delayMs(this.#settings.debounceMs), signal);
    if (signal.aborted) return null;
    const result = await this.#engine.complete(this.#params(place, asking), signal);
    if (result === null) return null;

    this.#debounce.record(result.totalMs);
    const { text, overlap, confidence } = result;
    const isOffered = text !== '' && (asking.isInvoked || this.#isSureEnough(result));
    const suggestion = { text, overlap, isOffered, confidence };
    this.#cache.add(place.prefix, place.suffix, suggestion);
    return suggestion;
  }

  /** A model that can't tell how sure it is shows everything. */
  #isSureEnough({ confidence }: CompleteResult): boolean {
    return confidence === null || confidence >= this.#settings.minimumConfidence;
  }

  #params(place: Place, { isInvoked }: Asking): CompleteParams {
    const factor = isInvoked ? invokedFactor : 1;
    return {
      ...place,
      maxTokens: this.#settings.maxTokens * factor,
      maxLines: this.#settings.maxLines * factor,
      maxMilliseconds: automaticTimeMs * factor,
      temperature: 0,
      seed: 0,
    };
  }

  /** Ends early when the signal is aborted. */
  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(milliseconds, resolve);
      const onAbort = () => {
        timer.cancel();
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
