/** How many tokens of a prompt one pass computes: the rule of `native/src/decode/chunk_length.cpp`, foretold. */

const goalSeconds = 0.1;
const group = 16;
const shortest = 2 * group;
const longest = 512;

export class ChunkLength {
  #tokens = shortest;

  /**
   * As it is after some prompts.
   *
   * @param secondsOf a chunk of so many tokens
   */
  constructor(secondsOf: (tokens: number) => number) {
    for (let length = shortest; length <= longest; length *= 2)
      this.learn(this.#tokens, secondsOf(this.#tokens));
  }

  get tokens(): number {
    return this.#tokens;
  }

  learn(tokens: number, seconds: number): void {
    if (tokens < this.#tokens || seconds <= 0) return;
    const wanted = Math.min(tokens * (goalSeconds / seconds), 2 * this.#tokens);
    const whole = Math.floor(wanted / group) * group;
    this.#tokens = Math.min(Math.max(whole, shortest), longest);
  }
}
