/** What is known of one document's prompts: two places in the cache, one to answer from and one to prepare the next in. */
import type { Anchor } from './anchor.ts';

/** An anchor with the tokens of everything before T. */
export interface WrittenAnchor extends Anchor {
  readonly head: Int32Array;
  /** Of the head, what tells of other files. */
  readonly context: Int32Array;
  /** Whether it tells less than fits the context, for the sake of a soon answer. */
  readonly isShort: boolean;
}

/** The keys and values of one prompt. */
export interface Sequence {
  readonly name: string;
  anchor: WrittenAnchor | null;
  /** The later its anchor was chosen, the higher. */
  chosen: number;
  /** The tokens that were computed there last, as far as the model still holds them. */
  computed: Int32Array;
}

export class DocumentState {
  /** What new anchors tell of other files; null: nobody has looked yet. */
  context: Int32Array | null = null;
  #current: Sequence;
  #next: Sequence;
  #chosen = 0;

  /** @param name of the document, unlike all others */
  constructor(name: string) {
    this.#current = sequenceOf(`${name}#0`);
    this.#next = sequenceOf(`${name}#1`);
  }

  get current(): Sequence {
    return this.#current;
  }

  get next(): Sequence {
    return this.#next;
  }

  /** Whether the next one is to be answered from where both can be: it tells more, or as much as was known later. */
  get isNextBetter(): boolean {
    const [current, next] = [this.#current, this.#next].map(({ anchor }) => anchor?.isShort === false);
    return current === next ? this.#next.chosen > this.#current.chosen : next === true;
  }

  /** @param sequence one of these two */
  adopt(sequence: Sequence, anchor: WrittenAnchor): void {
    sequence.anchor = anchor;
    sequence.chosen = ++this.#chosen;
  }

  /** The next one becomes the current one, and the other way round. */
  advance(): void {
    [this.#current, this.#next] = [this.#next, this.#current];
  }

  /** The one that holds most of a prompt's beginning. */
  nearest(tokens: Int32Array): Sequence {
    const [current, next] = [this.#current, this.#next].map(({ computed }) => commonLength(computed, tokens));
    return (next ?? 0) > (current ?? 0) ? this.#next : this.#current;
  }

  /** Tokens of a prompt that are to be computed: sequences share their beginnings. */
  freshTokens(tokens: Int32Array): number {
    return tokens.length - commonLength(this.nearest(tokens).computed, tokens);
  }
}

function sequenceOf(name: string): Sequence {
  return { name, anchor: null, chosen: 0, computed: new Int32Array(0) };
}

export function commonLength(left: Int32Array, right: Int32Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (left[index] !== right[index]) return index;
  }
  return length;
}
