/** A server that says nothing for so long hangs. */
export const silenceMs = 15_000;

/** Ends what is not heard of. */
export class Silence {
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#timer = setTimeout(onEnd, silenceMs);
  }

  isBroken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEnd, silenceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
