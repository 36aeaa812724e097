/** Where a caller wants a text to end, besides what the engine itself judges. */
export interface CallersLimits {
  /**
   * How much of a text that may still grow is wanted, in UTF-16 units: all of it, or what stands before its end. The same for
   * every longer text once it is less than all.
   */
  readonly cut: (text: string) => number;
  /** Whether the text so far has to do. */
  readonly isLate: (text: string) => boolean;
}

export const noLimits: CallersLimits = { cut: (text) => text.length, isLate: () => false };

/** What the limits said of a text that grew. */
export class LimitWatch {
  readonly #limits: CallersLimits;
  #isLate = false;

  constructor(limits: CallersLimits) {
    this.#limits = limits;
  }

  /** Whether nothing more is wanted because it takes too long. */
  get isLate(): boolean {
    return this.#isLate;
  }

  isEnough(text: string): boolean {
    this.#isLate ||= this.#limits.isLate(text);
    return this.#isLate || this.#limits.cut(text) < text.length;
  }
}
