/** The fields of a request, checked as they are read. `null` counts as left out, as several clients send it. */
import { HttpError } from './http-error.ts';

interface Range {
  readonly least: number;
  readonly most: number;
}

/** @throws HttpError from every reader, for a field of another type or out of its range */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(body: object) {
    this.#values = new Map(Object.entries(body));
  }

  /** null: left out. */
  get(name: string): unknown {
    return this.#values.get(name) ?? null;
  }

  string(name: string): string | null {
    const value = this.get(name);
    if (value === null || typeof value === 'string') return value;
    throw wrong(name, 'must be a string');
  }

  boolean(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw wrong(name, 'must be true or false');
  }

  number(name: string, { least, most }: Range): number | null {
    const value = this.get(name);
    if (value === null) return null;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw wrong(name, `must be a number from ${least} to ${most}`);
  }

  wholeNumber(name: string, { least, most }: Range): number | null {
    const value = this.number(name, { least, most });
    if (value === null || Number.isInteger(value)) return value;
    throw wrong(name, `must be a whole number from ${least} to ${most}`);
  }

  /** One string, or several. */
  strings(name: string): string[] {
    const value = this.get(name) ?? [];
    const all: unknown[] = Array.isArray(value) ? value : [value];
    const strings = all.filter((each) => typeof each === 'string');
    if (strings.length === all.length) return strings;
    throw wrong(name, 'must be a string or an array of strings');
  }

  objects(name: string): Fields[] {
    const value = this.get(name) ?? [];
    const all: unknown[] = Array.isArray(value) ? value : [value];
    return all.map((each) => {
      if (typeof each === 'object' && each !== null) return new Fields(each);
      throw wrong(name, 'must be an array of objects');
    });
  }
}

/** In llama.cpp's words, which its clients look for. */
export function wrong(name: string, what: string): HttpError {
  return new HttpError('invalid_request_error', `Field '${name}': ${what}`);
}
