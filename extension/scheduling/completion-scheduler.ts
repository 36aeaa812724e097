/**
 * Decides when the engine is asked for what: one request at a time, none where the answer is known or on its way, and
 * while the person reads, the one behind what is shown.
 */
import type { AttendParams, CompleteParams, CompleteResult } from '../protocol/requests.ts';
import { orAborted } from './abort.ts';
import { type Clock, pause, systemClock, type Timer } from './clock.ts';
import { Debounce } from './debounce.ts';
import { type CompletionEngine, Flight } from './flight.ts';
import { type InquiryEvent, type Notes, outcomeOf } from './inquiry.ts';
import { behind, isSamePlace, type Place, type Suggestion } from './place.ts';
import { withLinesBehind } from './lines-behind.ts';
import { Pace } from './pace.ts';
import { SuggestionCache } from './suggestion-cache.ts';

/** Somebody who asks by hand gets more, and more time for it. */
const invokedFactor = 2;
const automaticTimeMs = 2_000;
/** Nobody takes in a suggestion faster than this. */
const readingMs = 150;
/** Pauses before asking again where an answer from part of the text gave nothing to show: meanwhile the engine reads the rest. */
const rereadingMs = [1_500, 3_000, 6_000];
/** A cursor that moves on within this only passes by. */
const passingMs = 150;

export interface SchedulerEngine extends CompletionEngine {
  /** Tells where the person looks: what a completion there would need may be computed while nothing is asked for. */
  attend?(params: AttendParams): void;
  /** Tells that the person looks at no place with completions. */
  leave?(): void;
}

/** Read whenever they are needed: they may change at any time. */
export interface SchedulerSettings {
  /** Longest wait without typing before a completion is asked for. */
  readonly debounceMs: number;
  readonly maxTokens: number;
  readonly maxLines: number;
  /** Below it, between 0 and 1, nothing is suggested while typing. */
  readonly minimumConfidence: number;
}

export interface Asking {
  /** By hand, not by typing. */
  readonly isInvoked: boolean;
  /** Hears what becomes of the question. */
  readonly notes?: Notes;
}

interface Landing {
  readonly flight: Flight;
  /** Resolves once the answer is known here and the next flight may depart. */
  readonly landed: Promise<void>;
}

export class CompletionScheduler {
  readonly #engine: SchedulerEngine;
  readonly #settings: SchedulerSettings;
  readonly #clock: Clock;
  readonly #cache = new SuggestionCache();
  readonly #debounce = new Debounce();
  readonly #pace = new Pace();
  #newest = new AbortController();
  #current: Landing | null = null;
  /** The place behind what is shown, until it has been asked for. */
  #next: { readonly place: Place; readonly timer: Timer } | null = null;
  #attending: Timer | null = null;
  /** Where the engine looks already. */
  #attended: Place | null = null;

  constructor(engine: SchedulerEngine, settings: SchedulerSettings, clock: Clock = systemClock) {
    this.#engine = engine;
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * What to show at this place. A newer question supersedes this one, which then resolves to null; what the engine
   * computes for it goes on where that may answer the newer one.
   * @param signal aborted: nobody waits for the answer any more. The engine is not told: it may be of use yet
   * @returns null where there is nothing to show
   */
  async suggest(place: Place, asking: Asking, signal: AbortSignal): Promise<Suggestion | null> {
    if (signal.aborted) return null;
    this.#newest.abort();
    this.#newest = new AbortController();
    const stop = AbortSignal.any([signal, this.#newest.signal]);
    const now = this.#clock.now();
    const delayMs = this.#debounce.delayMs(now, this.#settings.debounceMs);
    const due = asking.isInvoked ? now : now + delayMs;

    const known = this.#knownTo(place, asking);
    if (known !== null) note(asking, { kind: 'known', suggestion: known });
    const first = known ?? (await this.#ask(place, asking, due, stop));
    const suggestion = await this.#askedAgain(place, asking, first, stop);
    if (stop.aborted) note(asking, { kind: 'left' });
    if (stop.aborted) return null;
    return this.#offer(place, suggestion === known ? asCached(known) : suggestion);
  }

  /** What to show at a place where nothing is asked for, because it is known already; else null. */
  known(place: Place): Suggestion | null {
    return this.#offer(place, asCached(this.#cache.find(place)));
  }

  /**
   * Tells that the suggestion stands before the person's eyes. What would be suggested once it is accepted is computed
   * next, unless something is asked for.
   */
  shown(place: Place, suggestion: Suggestion): void {
    const next = behind(place, suggestion);
    if (this.#next !== null && isSamePlace(this.#next.place, next)) return;
    this.#dropNext();
    const timer = this.#clock.after(readingMs, () => {
      this.#speculate(next);
    });
    this.#next = { place: next, timer };
  }

  /** @param read the place that the person looks at; null: no completions there */
  attend(read: () => Place | null): void {
    this.#attending?.cancel();
    this.#attending = this.#clock.after(passingMs, () => {
      const place = read();
      const before = this.#attended;
      this.#attended = place;
      if (place === null) this.#engine.leave?.();
      else if (before === null || !isSamePlace(place, before)) this.#engine.attend?.(place);
    });
  }

  /** Another model or setting: earlier suggestions no longer count. */
  forget(): void {
    this.#newest.abort();
    this.#current?.flight.cancel();
    this.#dropNext();
    this.#cache.clear();
    this.#attended = null;
  }

  #offer(place: Place, suggestion: Suggestion | null): Suggestion | null {
    if (suggestion?.isOffered !== true) return null;
    return withLinesBehind(place, suggestion, (next) => this.#cache.find(next), this.#settings.maxLines);
  }

  #knownTo(place: Place, { isInvoked }: Asking): Suggestion | null {
    const known = this.#cache.find(place);
    // Asking by hand where nothing was offered before, or a line alone, asks again, for more.
    return isInvoked && (known?.isOffered !== true || isOneLine(known)) ? null : known;
  }

  /** @param due the moment before which no request is made */
  async #ask(place: Place, asking: Asking, due: number, stop: AbortSignal): Promise<Suggestion | null> {
    this.#dropNext();
    while (!stop.aborted) {
      const current = this.#current;
      const wait = due - this.#clock.now();
      if (current !== null && mayAnswer(current.flight, place, asking)) {
        note(asking, { kind: 'joined' });
        await this.#landing(current, asking, stop);
      } else if (wait > 0) await pause(this.#clock, wait, stop);
      else if (current !== null) {
        note(asking, { kind: 'queued' });
        await orAborted(current.landed, stop);
      } else return await this.#request(place, asking, stop);

      const known = this.#knownTo(place, asking);
      if (known !== null) return known;
    }
    return null;
  }

  /** The suggestion, or a later one where it was empty and the engine had yet to read most of the text. */
  async #askedAgain(
    place: Place,
    asking: Asking,
    first: Suggestion | null,
    stop: AbortSignal,
  ): Promise<Suggestion | null> {
    let suggestion = first;
    for (const milliseconds of rereadingMs) {
      if (suggestion?.isProvisional !== true || suggestion.isOffered) break;
      await pause(this.#clock, milliseconds, stop);
      suggestion = await this.#ask(place, asking, this.#clock.now(), stop);
    }
    return suggestion;
  }

  async #request(place: Place, asking: Asking, stop: AbortSignal): Promise<Suggestion | null> {
    this.#attended = place;
    note(asking, { kind: 'asked' });
    await this.#landing(this.#depart(place, asking), asking, stop);
    return this.#cache.find(place);
  }

  async #landing({ flight, landed }: Landing, asking: Asking, stop: AbortSignal): Promise<void> {
    const noted = landed.then(async () => {
      const result = await flight.answer;
      // Of those who no longer wait, whom nothing came of is known.
      if (result === null && stop.aborted) return;
      const threshold = flight.isInvoked ? 0 : this.#settings.minimumConfidence;
      note(asking, { kind: 'answered', outcome: result === null ? null : outcomeOf(result, threshold) });
    });
    await orAborted(noted, stop);
  }

  #depart(place: Place, asking: Asking): Landing {
    const flight = new Flight(this.#engine, place, this.#params(place, asking), asking.isInvoked);
    const landed = this.#land(flight, this.#clock.now());
    return (this.#current = { flight, landed });
  }

  async #land(flight: Flight, departed: number): Promise<void> {
    try {
      const result = await flight.answer;
      if (result !== null) this.#remember(flight, result);
      else if (flight.hasText) this.#debounce.recordCancelled(this.#clock.now() - departed);
    } finally {
      this.#current = null;
    }
  }

  #remember({ place, isInvoked }: Flight, result: CompleteResult): void {
    this.#debounce.record(result.totalMs);
    this.#pace.record(result);
    const { text, overlap, confidence, emptiedBy, isProvisional = false } = result;
    const isOffered = text !== '' && (isInvoked || this.#isSureEnough(result));
    const reason = emptiedBy === undefined ? {} : { emptiedBy };
    this.#cache.add(place, { text, overlap, isOffered, confidence, ...reason, isProvisional });
  }

  #isSureEnough({ confidence }: CompleteResult): boolean {
    return confidence === null || confidence >= this.#settings.minimumConfidence;
  }

  #speculate(place: Place): void {
    if (this.#next?.place !== place) return;
    if (this.#current !== null) {
      const again = () => {
        this.#speculate(place);
      };
      this.#current.landed.then(again, again);
      return;
    }
    this.#next = null;
    // Where this one fails, a real request will tell.
    if (this.#cache.find(place) === null)
      this.#depart(place, { isInvoked: false }).landed.catch(() => undefined);
  }

  #dropNext(): void {
    this.#next?.timer.cancel();
    this.#next = null;
  }

  #params(place: Place, { isInvoked }: Asking): CompleteParams {
    const { maxTokens, maxLines } = this.#settings;
    const factor = isInvoked ? invokedFactor : 1;
    return {
      ...place,
      maxTokens: maxTokens * factor,
      maxLines: isInvoked ? maxLines * factor : this.#pace.lines({ maxTokens, maxLines }),
      maxMilliseconds: automaticTimeMs * factor,
      temperature: 0,
      seed: 0,
    };
  }
}

function note({ notes }: Asking, event: InquiryEvent): void {
  notes?.note(event);
}

function asCached(known: Suggestion | null): Suggestion | null {
  return known === null ? null : { ...known, isFromCache: true };
}

function isOneLine({ text }: Suggestion): boolean {
  return !text.trimStart().includes('\n');
}

/** Cancels the flight where it may not. Who asks by hand wants more than was asked for before. */
function mayAnswer(flight: Flight, place: Place, { isInvoked }: Asking): boolean {
  if (isInvoked && !flight.isInvoked) flight.cancel();
  return flight.follow(place);
}
