/** What a person takes of a suggestion with one key: all of it, its first line, or one word after the other. */
import { keystrokesOf } from '../keystrokes.ts';
import { firstLineOf, type Suggestion, type TypedDocument } from './typed-document.ts';

export interface Acceptance extends Suggestion {
  readonly kind: 'whole' | 'line' | 'step';
}

/** Something is accepted only where that saves at least so many keys: fewer are typed before one has read it. */
const fewestKeysSaved = 2;

export class Acceptances {
  readonly #document: TypedDocument;
  /** What is still to be accepted word by word of what was read. */
  #run = '';

  constructor(document: TypedDocument) {
    this.#document = document;
  }

  /** What is right and worth its keys; null: nothing. */
  choose(visible: Suggestion | null): Acceptance | null {
    if (visible === null) return null;
    const choices: Acceptance[] = [
      { ...visible, kind: 'whole' },
      { ...firstLineOf(visible), kind: 'line' },
    ];
    const choice = choices.find((one) => this.#document.isRight(one) && isWorth(one.text, 1));
    if (choice !== undefined) return choice;
    const steps = this.#document.rightSteps(visible);
    return isWorth(steps.join(''), steps.length) ? stepOf(steps) : null;
  }

  /** The next word, once the first of several was accepted; null: that is over. */
  goOn(visible: Suggestion | null): Acceptance | null {
    if (this.#run === '' || visible?.text.startsWith(this.#run) !== true) return null;
    return stepOf(this.#document.rightSteps({ text: this.#run, overlap: 0 }));
  }

  /** To be told what is accepted, before it stands in the document. */
  take({ kind, text }: Acceptance, visible: Suggestion | null): void {
    if (kind !== 'step') this.end();
    else if (this.#run === '' && visible !== null) this.#run = this.#document.rightSteps(visible).join('');
    this.#run = this.#run.slice(text.length);
  }

  /** Something was typed, or the person went elsewhere. */
  end(): void {
    this.#run = '';
  }
}

function isWorth(text: string, keys: number): boolean {
  return keystrokesOf(text).length - keys >= fewestKeysSaved;
}

function stepOf([first]: readonly string[]): Acceptance | null {
  return first === undefined ? null : { text: first, overlap: 0, kind: 'step' };
}
