/** Where a request wants its text to end: at its stop strings, at a line that is indented less, after a while. */
import type { CallersLimits } from '../engine/completion/callers-limits.ts';
import type { Fields } from './fields.ts';

interface Wanted {
  readonly stops: readonly string[];
  /** Characters of white space that each line but the first must begin with. */
  readonly indentation: number;
  /** From the first text on, and only once there is a line feed; 0: no limit. */
  readonly milliseconds: number;
}

const most = 0x7fffffff;
const mostStops = 64;

export class RequestLimits implements CallersLimits {
  readonly #wanted: Wanted;
  readonly #now: () => number;
  #startedAt: number | null = null;
  #isOver = false;

  constructor(wanted: Wanted, now: () => number = () => performance.now()) {
    this.#wanted = wanted;
    this.#now = now;
  }

  /** @throws HttpError */
  static of(body: Fields): RequestLimits {
    return new RequestLimits({
      stops: body
        .strings('stop')
        .filter((stop) => stop !== '')
        .slice(0, mostStops),
      indentation: body.wholeNumber('n_indent', { least: 0, most }) ?? 0,
      milliseconds: Math.max(0, body.number('t_max_predict_ms', { least: -1, most: Infinity }) ?? 0),
    });
  }

  cut = (text: string): number => Math.min(this.#startOfStop(text).at, this.#endOfBlock(text));

  isLate = (text: string): boolean => {
    const { milliseconds } = this.#wanted;
    if (text === '' || milliseconds === 0) return false;
    this.#startedAt ??= this.#now();
    this.#isOver ||= text.includes('\n') && this.#now() - this.#startedAt > milliseconds;
    return this.#isOver;
  };

  /** The stop string that ended `text`, all that was generated; empty where none did. */
  stopIn(text: string): string {
    const { at, stop } = this.#startOfStop(text);
    return at <= this.#endOfBlock(text) ? stop : '';
  }

  /** How much of a text that grows is certain: the rest may turn out to be the beginning of what ends it. */
  certain(text: string): number {
    const cut = this.cut(text);
    return cut < text.length ? cut : Math.min(this.#startOfPartOfStop(text), this.#startOfOpenLine(text));
  }

  #startOfStop(text: string): { at: number; stop: string } {
    let first = { at: text.length, stop: '' };
    for (const stop of this.#wanted.stops) {
      const at = text.indexOf(stop);
      if (at >= 0 && (at < first.at || first.stop === '')) first = { at, stop };
    }
    return first;
  }

  #endOfBlock(text: string): number {
    const { indentation } = this.#wanted;
    if (indentation === 0) return text.length;
    for (const { 0: blanks, index } of text.matchAll(/\n[ \t]*(?=[^ \t\n])/g)) {
      if (blanks.length - 1 < indentation) return index;
    }
    return text.length;
  }

  #startOfPartOfStop(text: string): number {
    const longest = Math.max(0, ...this.#wanted.stops.map((stop) => stop.length));
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at++) {
      if (this.#wanted.stops.some((stop) => stop.startsWith(text.slice(at)))) return at;
    }
    return text.length;
  }

  /** Of blank lines at the end, where what follows may be indented less. */
  #startOfOpenLine(text: string): number {
    const open = this.#wanted.indentation > 0 ? /\n[ \t\n]*$/.exec(text) : null;
    return open?.index ?? text.length;
  }
}
