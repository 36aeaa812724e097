/** What happened while a person typed with one policy. */

export interface KeyRecord {
  /** null: nothing was on the screen before the next key. 0: what stood there was typed on. */
  shownAfterMs: number | null;
  /** Whether it stood there from before. */
  stood: boolean;
  /** Typed while waiting for the first suggestion in a file just opened: no typing at a person's speed. */
  readonly isOpening: boolean;
}

export interface TypingLog {
  readonly keys: KeyRecord[];
  /** Keys that the same text takes without suggestions, slips and their corrections included. */
  keysWithout: number;
  /** From opening each file to the first suggestion in it. */
  readonly firstMs: number[];
  /** Suggestions that came to the screen. */
  shown: number;
  rightFirstLines: number;
  /** As a whole, and the first line alone. */
  accepted: number;
  acceptedLines: number;
  /** Words and signs of suggestions that only began right, and the keys that typing them would have taken more. */
  acceptedSteps: number;
  savedBySteps: number;
  flickers: number;
  /** UTF-16 units that were brought into documents, and how long it took. */
  characters: number;
  seconds: number;
}

export function emptyLog(): TypingLog {
  return {
    keys: [],
    keysWithout: 0,
    firstMs: [],
    shown: 0,
    rightFirstLines: 0,
    accepted: 0,
    acceptedLines: 0,
    acceptedSteps: 0,
    savedBySteps: 0,
    flickers: 0,
    characters: 0,
    seconds: 0,
  };
}
