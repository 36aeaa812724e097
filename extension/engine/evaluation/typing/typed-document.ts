/**
 * A file of which some edits are missing, and the editor it is typed in: line feeds bring their indentation, and an opening
 * bracket or quote brings its closer where the line will have one, which is typed over later.
 */
import { rightSteps } from './steps.ts';
import type { Edit } from './edits.ts';

/** Text at the cursor, and how many characters right of it the text says again. */
export interface Suggestion {
  readonly text: string;
  readonly overlap: number;
}

interface Passage {
  /** What stands between this passage and the one before it. */
  readonly before: string;
  /** What it will say. */
  readonly wanted: string;
  /** How much of it stands there. */
  typed: number;
}

const closerOf: Readonly<Record<string, string>> = {
  '(': ')',
  '[': ']',
  '{': '}',
  '"': '"',
  "'": "'",
  '`': '`',
};

export class TypedDocument {
  readonly #passages: Passage[];
  readonly #tail: string;
  #at = 0;
  /** Typed by mistake, at the cursor. */
  #slip = '';
  /** Where in the passage each closer belongs that stands right of the cursor already, nearest first. */
  #closers: number[] = [];

  constructor(text: string, edits: readonly Edit[]) {
    this.#passages = edits.map(({ start, end }, index) => ({
      before: text.slice(edits[index - 1]?.end ?? 0, start),
      wanted: text.slice(start, end),
      typed: 0,
    }));
    this.#tail = text.slice(edits.at(-1)?.end ?? 0);
  }

  /** The whole document, as it stands. */
  get text(): string {
    return this.prefix + this.suffix;
  }

  get prefix(): string {
    const before = this.#passages.slice(0, this.#at).map(textOf).join('');
    return before + textOf(this.#passage) + this.#slip;
  }

  get suffix(): string {
    const after = this.#passages
      .slice(this.#at + 1)
      .map(textOf)
      .join('');
    return this.#closerText() + after + this.#tail;
  }

  /** What is still to be typed here. */
  get rest(): string {
    const { wanted, typed } = this.#passage;
    return wanted.slice(typed);
  }

  /** How much of the passage stands there. */
  get typed(): number {
    return this.#passage.typed;
  }

  get hasSlip(): boolean {
    return this.#slip !== '';
  }

  /** Moves the cursor to the end of what stands of this passage. */
  goTo(passage: number): void {
    this.#at = passage;
    this.#slip = '';
    this.#closers = [];
  }

  /** @returns by how many closers more, or fewer, stand right of the cursor now */
  type(text: string): number {
    const passage = this.#passage;
    const place = passage.typed;
    passage.typed += text.length;
    if (this.#closers[0] === place) {
      this.#closers.shift();
      return -1;
    }
    const closer = closerOnLine(passage.wanted, place);
    if (closer === null || closer >= (this.#closers[0] ?? Infinity)) return 0;
    this.#closers.unshift(closer);
    return 1;
  }

  slip(text: string): void {
    this.#slip += text;
  }

  takeBack(): void {
    this.#slip = this.#slip.slice(0, -1);
  }

  /** Whether accepting it leaves nothing to take back. */
  isRight({ text, overlap }: Suggestion): boolean {
    return !this.hasSlip && this.rest.startsWith(text) && this.#closersWithin(text) === overlap;
  }

  /** Whether its first line, accepted, makes the cursor's line and what was suggested below it as the file has them. */
  isFirstLineRight(suggestion: Suggestion): boolean {
    const line = firstLineOf(suggestion);
    if (!this.isRight(line)) return false;
    const [left = ''] = this.rest.slice(line.text.length).split('\n', 1);
    return left.trimEnd() === this.#closerText().slice(line.overlap);
  }

  /** The steps at the start of a suggestion, one word or sign at a time, that are right; none beyond a closer that stands there. */
  rightSteps({ text }: Suggestion): string[] {
    const { typed, wanted } = this.#passage;
    const [closer = wanted.length] = this.#closers;
    return this.hasSlip ? [] : rightSteps(text, wanted.slice(typed, closer));
  }

  /** Puts a suggestion that is right into the document. */
  accept({ text, overlap }: Suggestion): void {
    this.#passage.typed += text.length;
    this.#closers.splice(0, overlap);
  }

  get #passage(): Passage {
    const passage = this.#passages[this.#at];
    if (passage === undefined) throw new RangeError('the document has no such passage');
    return passage;
  }

  #closerText(): string {
    return this.#closers.map((place) => this.#passage.wanted.charAt(place)).join('');
  }

  #closersWithin(text: string): number {
    return this.#closers.filter((place) => place < this.#passage.typed + text.length).length;
  }
}

/** Up to the end of the first line that is not blank. What it replaces right of the cursor, it replaces as the whole does. */
export function firstLineOf({ text, overlap }: Suggestion): Suggestion {
  return { text: /^(?:[ \t]*\n)*[^\n]*/.exec(text)?.[0] ?? '', overlap };
}

function textOf({ before, wanted, typed }: Passage): string {
  return before + wanted.slice(0, typed);
}

/** Where the bracket or quote at `place` is closed again on its line; null: nowhere, or it is none. */
function closerOnLine(text: string, place: number): number | null {
  const opener = text.charAt(place);
  const closer = closerOf[opener];
  if (closer === undefined) return null;
  if (closer === opener) return closingQuote(text, place);
  let depth = 0;
  for (let at = place; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === opener) depth++;
    if (text[at] === closer && --depth === 0) return at;
  }
  return null;
}

/** Editors leave a quote behind a letter alone: it may be an apostrophe. */
function closingQuote(text: string, place: number): number | null {
  if (/[\p{L}\p{N}_]$/u.test(text.slice(0, place).slice(-2))) return null;
  const [line = ''] = text.slice(place + 1).split('\n', 1);
  const at = line.indexOf(text.charAt(place));
  return at < 0 ? null : place + 1 + at;
}
