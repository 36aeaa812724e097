/**
 * How a person types: how long each key takes, where they slip, and how soon they see what is suggested. What happens at a
 * character hangs on its place and the seed alone, so that every policy meets the same typist, whatever was accepted
 * before.
 */
import { Random } from '../random.ts';

/** Medians in milliseconds, at a speed of 1. */
const insideWordMs = 140;
const elsewhereMs = 190;
const lineFeedMs = 260;
/** Spread of the logarithm: about two thirds of the keys lie within a factor of 1.4 of the median. */
const spread = 0.34;
const longestMs = 5_000;
/** Before a new line people mostly stop to think; before another word, sometimes. */
const thinking = {
  line: { probability: 0.75, leastMs: 500, meanMs: 1_500 },
  word: { probability: 0.12, leastMs: 300, meanMs: 800 },
} as const;
const slipProbability = 0.025;
/** Until a slip is seen. */
const slipSeenMs = 320;
const reaction = { leastMs: 250, mostMs: 400 } as const;
/** To find another place and to move the cursor there, and from there to the first key. */
const findingMs = { least: 700, most: 1_800 } as const;
const settlingMs = { least: 400, most: 1_000 } as const;

/** One key, and how long after the key before it. Typed characters that are wrong are taken back by the next key. */
export type Keystroke =
  | { readonly kind: 'right' | 'wrong'; readonly text: string; readonly afterMs: number }
  | { readonly kind: 'backspace'; readonly afterMs: number };

export class Rhythm {
  readonly #seed: string;
  readonly #speed: number;

  /** @param speed 2 types twice as fast; seeing what is suggested takes as long as ever */
  constructor(seed: string, speed: number) {
    this.#seed = seed;
    this.#speed = speed;
  }

  /**
   * The keys that bring `text`, one keystroke's worth, into the document: one, or three with a slip.
   * @param place names the character, of all in the file
   * @param before the character left of it; empty at a line's start, indentation left aside
   */
  keystrokes(text: string, place: string, before: string): Keystroke[] {
    const random = new Random(`${this.#seed}:key:${place}`);
    const afterMs = this.#pause(text, before, random);
    const slip = random.next() < slipProbability ? slipFor(text, random) : null;
    if (slip === null) return [{ kind: 'right', text, afterMs }];
    return [
      { kind: 'wrong', text: slip, afterMs },
      { kind: 'backspace', afterMs: around(slipSeenMs, random) / this.#speed },
      { kind: 'right', text, afterMs: around(elsewhereMs, random) / this.#speed },
    ];
  }

  /** From when a suggestion appears until the person has read it and may accept. */
  reactionMs(place: string): number {
    const random = new Random(`${this.#seed}:reaction:${place}`);
    return between(reaction.leastMs, reaction.mostMs, random);
  }

  /** From one step of a suggestion that is accepted word by word to the next: a key like any other. */
  stepMs(place: string): number {
    return around(elsewhereMs, new Random(`${this.#seed}:step:${place}`)) / this.#speed;
  }

  /** @returns how long it takes to get to another place, and from there to the first key */
  jump(place: string): { readonly findingMs: number; readonly settlingMs: number } {
    const random = new Random(`${this.#seed}:jump:${place}`);
    return {
      findingMs: between(findingMs.least, findingMs.most, random) / this.#speed,
      settlingMs: between(settlingMs.least, settlingMs.most, random) / this.#speed,
    };
  }

  #pause(text: string, before: string, random: Random): number {
    const key = around(medianOf(text, before), random);
    const pause = pauseBefore(text, before, random);
    return Math.min(longestMs, key + pause) / this.#speed;
  }
}

function medianOf(text: string, before: string): number {
  if (text.startsWith('\n')) return lineFeedMs;
  return isWord(text) && isWord(before) ? insideWordMs : elsewhereMs;
}

function pauseBefore(text: string, before: string, random: Random): number {
  const [happens, length] = [random.next(), random.next()];
  const kind = kindOfPause(text, before);
  if (kind === null || happens >= kind.probability) return 0;
  return kind.leastMs - (kind.meanMs - kind.leastMs) * Math.log(1 - length);
}

function kindOfPause(text: string, before: string) {
  if (before === '') return thinking.line;
  return isWord(text) && !isWord(before) ? thinking.word : null;
}

/** Log-normal, by Box and Muller. */
function around(medianMs: number, random: Random): number {
  const [first, second] = [random.next(), random.next()];
  const normal = Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
  return medianMs * Math.exp(spread * normal);
}

function between(least: number, most: number, random: Random): number {
  return least + (most - least) * random.next();
}

const letters = 'etaoinsrhldcumfpgwybvkxjqz';

/** Another letter in its place; null: nobody slips on signs here. */
function slipFor(text: string, random: Random): string | null {
  const index = letters.indexOf(text.toLowerCase());
  if (text === '' || index < 0) return null;
  const other = (index + 1 + random.below(letters.length - 1)) % letters.length;
  return letters.charAt(other);
}

function isWord(text: string): boolean {
  return /^[\p{L}\p{N}_]$/u.test(text);
}
