/** What was said last to a supervisor: what it has to bring about, whatever happens on the way. */
import { isDeepStrictEqual } from 'node:util';
import type { LoadModelParams } from '../../../../extension/protocol/requests.ts';

export class Expected {
  isOn = true;
  isAsked = false;
  /** Of the place that was asked for last. */
  language: string | undefined = undefined;
  params: LoadModelParams;
  /** Since something else was wanted than before. */
  crashes = 0;
  #word = 0;
  #words = 0;

  constructor(params: LoadModelParams) {
    this.params = params;
  }

  nextWord(): number {
    return ++this.#words;
  }

  say(params: LoadModelParams, word: number): void {
    if (this.turnTo(params, word)) this.crashes = 0;
  }

  /** The same by going where another model is for. @returns whether that is something else */
  turnTo(params: LoadModelParams, word: number): boolean {
    if (word < this.#word || isDeepStrictEqual(params, this.params)) return false;
    this.params = params;
    this.#word = word;
    return true;
  }

  /** A trial that has loaded counts as said when it was asked for, also where it says the same again. */
  adopt(params: LoadModelParams, word: number): void {
    this.isAsked = true;
    if (word < this.#word) return;
    this.say(params, word);
    this.#word = word;
  }
}
