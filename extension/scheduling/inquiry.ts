/**
 * What became of the last questions for a completion, noted where it is decided, for a person who wonders why nothing came. No
 * text of the document is kept, only where it was.
 */
import type { StopReason, TrimRule } from '../protocol/figures.ts';
import type { CompleteResult } from '../protocol/requests.ts';
import type { Suggestion } from './place.ts';

export interface Position {
  /** The document's URI. */
  readonly document: string;
  /** From 0, as VS Code counts. */
  readonly line: number;
  readonly character: number;
}

/** Why a question was not even taken up; whoever refuses has names for it. */
export type InquiryEvent<Refusal = string> =
  | { readonly kind: 'refused'; readonly why: Refusal }
  /** The cache knew it; of one that is not offered, `suggestion` says why. */
  | { readonly kind: 'known'; readonly suggestion: Suggestion }
  /** The engine was asked. */
  | { readonly kind: 'asked' }
  /** What was asked for before may answer this too. */
  | { readonly kind: 'joined' }
  /** The engine was still at something that can't answer this. */
  | { readonly kind: 'queued' }
  /** @see Outcome; null: cancelled, or no engine. It may come after `left`: the engine goes on where that may serve a later place */
  | { readonly kind: 'answered'; readonly outcome: Outcome | null }
  /** Something else was typed, the cursor moved on, or VS Code took the question back, as it does when the focus goes elsewhere. */
  | { readonly kind: 'left' }
  | { readonly kind: 'shown'; readonly characters: number };

/** Times in milliseconds. */
export interface Outcome {
  readonly tokens: number;
  readonly firstTokenMs: number;
  readonly totalMs: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly stopReason: StopReason;
  readonly text: string;
  readonly emptiedBy: TrimRule | null;
  /** Between 0 and 1, and what it was held against then. */
  readonly confidence: number | null;
  readonly threshold: number;
}

export function outcomeOf(result: CompleteResult, threshold: number): Outcome {
  const { tokens, timeToFirstTokenMs, totalMs, promptTokens, cachedTokens, stopReason, text } = result;
  const { confidence, emptiedBy = null } = result;
  const times = { tokens, firstTokenMs: timeToFirstTokenMs, totalMs, promptTokens, cachedTokens };
  return { ...times, stopReason, text, emptiedBy, confidence, threshold };
}

export interface Notes {
  note(event: InquiryEvent): void;
}

export interface NotedEvent {
  /** Since the question. */
  readonly afterMs: number;
  readonly event: InquiryEvent;
}

export class Inquiry implements Notes {
  readonly position: Position;
  readonly isInvoked: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly #now: () => number;
  readonly #start: number;
  readonly #events: NotedEvent[] = [];
  #waiting: (() => void)[] = [];

  constructor(position: Position, isInvoked: boolean, now: () => number = () => performance.now()) {
    this.position = position;
    this.isInvoked = isInvoked;
    this.time = Date.now();
    this.#now = now;
    this.#start = now();
  }

  get events(): readonly NotedEvent[] {
    return this.#events;
  }

  note(event: InquiryEvent): void {
    this.#events.push({ afterMs: this.#now() - this.#start, event });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves with the next event, if there is one. */
  async more(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** More than anybody reads. */
const mostInquiries = 30;

export class Inquiries {
  #all: Inquiry[] = [];

  /** Newest first. */
  get all(): readonly Inquiry[] {
    return this.#all;
  }

  begin(position: Position, isInvoked: boolean): Inquiry {
    const inquiry = new Inquiry(position, isInvoked);
    this.#all = [inquiry, ...this.#all.slice(0, mostInquiries - 1)];
    return inquiry;
  }
}
