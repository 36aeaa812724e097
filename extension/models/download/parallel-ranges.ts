/** Several parts of a file at once and in order: homes limit what one connection gets, and a new one begins slowly. */

/** Bytes of a file: `begin` is the first, `end` behind the last. */
export interface Segment {
  readonly begin: number;
  readonly end: number;
}

export type ReadSegment = (segment: Segment, signal: AbortSignal) => AsyncIterable<Uint8Array>;

export class ParallelRanges {
  readonly #segments: Iterator<Segment>;
  readonly #most: number;
  readonly #read: ReadSegment;
  readonly #lanes: Lane[] = [];

  /** @param most segments that are read, or wait to be taken, at the same time */
  constructor(segments: Iterable<Segment>, most: number, read: ReadSegment) {
    this.#segments = segments[Symbol.iterator]();
    this.#most = most;
    this.#read = read;
  }

  /** Bytes that came already and lie behind what was taken. */
  get ahead(): number {
    return this.#lanes.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Ends with the first segment, in order, that fails; the others are given up then. */
  async *bytes(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const over = new AbortController();
    try {
      for (;;) {
        this.#begin(AbortSignal.any([signal, over.signal]));
        const [first] = this.#lanes;
        if (first === undefined) return;
        yield* first.take();
        this.#lanes.shift();
      }
    } finally {
      over.abort();
      await Promise.all(this.#lanes.splice(0).map(({ ended }) => ended));
    }
  }

  #begin(signal: AbortSignal): void {
    while (this.#lanes.length < this.#most) {
      const next = this.#segments.next();
      if (next.done === true) return;
      this.#lanes.push(new Lane(this.#read(next.value, signal)));
    }
  }
}

/** Reads one segment, whether somebody takes it yet or not. */
class Lane {
  /** Never rejects. */
  readonly ended: Promise<void>;
  readonly #chunks: Uint8Array[] = [];
  #failure: { readonly thrown: unknown } | null = null;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.ended = this.#readAll(bytes);
  }

  get waiting(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  async *take(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      if (this.#failure !== null) throw this.#failure.thrown;
      if (this.#isOver) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #readAll(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of bytes) {
        this.#chunks.push(chunk);
        this.#wake();
      }
    } catch (thrown) {
      this.#failure = { thrown };
    }
    this.#isOver = true;
    this.#wake();
  }
}
