/** Random numbers that are the same for the same seed, on every machine. */
import { createHash } from 'node:crypto';

const bits = 48;

export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** At least 0 and below 1. */
  next(): number {
    const digest = createHash('sha256').update(`${this.#seed}:${this.#drawn++}`).digest();
    return digest.readUIntBE(0, bits / 8) / 2 ** bits;
  }

  /** A whole number of at least 0 and below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }
}
