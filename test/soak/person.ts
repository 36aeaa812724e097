/**
 * Somebody who writes, deletes, moves and changes files, one key at a time, in documents that are strings. What is
 * written are lines of the documents themselves, so that a model has something to say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Place, Suggestion } from '../../extension/scheduling/place.ts';
import { randomNumbers } from '../random.ts';

const languages: Readonly<Record<string, string>> = { '.ts': 'typescript', '.py': 'python' };
/** A document that has grown by so much goes back to what it was. */
const mostGrowth = 4_000;

interface Document {
  readonly name: string;
  readonly languageId: string;
  readonly original: string;
  prefix: string;
  suffix: string;
}

export class Person {
  readonly #random: () => number;
  readonly #documents: readonly Document[];
  #current: Document;
  /** What the person has in mind and has not typed yet. */
  #mind = '';

  /** @param folder of the files that are worked at */
  constructor(folder: string, seed: number) {
    this.#random = randomNumbers(seed);
    this.#documents = documentsIn(folder);
    this.#current = this.#pick(this.#documents);
    this.#wander();
  }

  /** Where the cursor stands. */
  get place(): Place {
    const { name, languageId, prefix, suffix } = this.#current;
    const whole = { isPrefixWhole: true, isSuffixWhole: true };
    return { document: `soak:/${name}`, languageId, path: name, prefix, suffix, ...whole };
  }

  /** Presses one key that changes the text: most of them are letters of a line. */
  press(): void {
    const document = this.#current;
    if (this.#random() < 0.06) {
      document.prefix = document.prefix.slice(0, -1);
      return;
    }
    if (this.#mind === '') this.#mind = this.#line();
    document.prefix += this.#mind.charAt(0);
    this.#mind = this.#mind.slice(1);
  }

  /** Goes to another line, now and then of another file. */
  wander(): void {
    if (this.#random() < 0.3) this.#current = this.#pick(this.#documents);
    this.#wander();
  }

  accept({ text, overlap }: Suggestion): void {
    const document = this.#current;
    document.prefix += text;
    document.suffix = document.suffix.slice(overlap);
    this.#mind = '';
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  /** @returns a whole number from 1 to `most` */
  count(most: number): number {
    return 1 + Math.floor(this.#random() * most);
  }

  #wander(): void {
    const document = this.#current;
    const text = document.prefix + document.suffix;
    const isLong = text.length > document.original.length + mostGrowth;
    const lines = (isLong ? document.original : text).split('\n');
    const line = this.count(lines.length);
    document.prefix = lines.slice(0, line).join('\n');
    document.suffix = line < lines.length ? `\n${lines.slice(line).join('\n')}` : '';
    this.#mind = '';
  }

  #line(): string {
    const lines = this.#current.original.split('\n').filter((line) => line.trim() !== '');
    return `\n${this.#pick(lines)}`;
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)];
    if (value === undefined) throw new Error('there is nothing to choose from');
    return value;
  }
}

function documentsIn(folder: string): Document[] {
  return readdirSync(folder)
    .filter((name) => languages[extname(name)] !== undefined)
    .map((name) => {
      const original = readFileSync(join(folder, name), 'utf8');
      return {
        name,
        languageId: languages[extname(name)] ?? '',
        original,
        prefix: original,
        suffix: '',
      };
    });
}
