/**
 * The suggestion on the screen. As in VS Code it stands while what is typed is what it says, until the answer for the newest
 * place comes, which takes its place or takes it away.
 */
import type { Suggestion } from './typed-document.ts';

export class GhostText {
  #visible: Suggestion | null = null;
  /** What was taken away although nobody typed anything else, as far as it would still stand. */
  #vanished: string | null = null;
  #flickers = 0;

  get visible(): Suggestion | null {
    return this.#visible;
  }

  /** How often one went that still fitted, and another or the same came; or one took another's place. */
  get flickers(): number {
    return this.#flickers;
  }

  /** @returns whether something is shown that was not: not what stands already, and not the same with more behind it */
  answer(suggestion: Suggestion | null): boolean {
    if (suggestion === null || suggestion.text === '') {
      if (this.#visible !== null) this.#vanished = this.#visible.text;
      this.#visible = null;
      return false;
    }
    const before = this.#visible;
    this.#visible = suggestion;
    if (before !== null && suggestion.text.startsWith(before.text)) return false;
    if (before !== null || this.#vanished !== null) this.#flickers++;
    this.#vanished = null;
    return true;
  }

  /**
   * @param text as typed or accepted
   * @param closers by how many more of them stand right of the cursor since
   */
  type(text: string, closers: number): void {
    this.#vanished = restOf(this.#vanished, text);
    const rest = restOf(this.#visible?.text ?? null, text);
    const overlap = (this.#visible?.overlap ?? 0) + closers;
    this.#visible = rest === null || overlap < 0 ? null : { text: rest, overlap };
  }

  /** The cursor went elsewhere, or something was deleted. */
  hide(): void {
    this.#visible = null;
    this.#vanished = null;
  }
}

/** null: nothing is left of it, or it says something else. */
function restOf(suggested: string | null, typed: string): string | null {
  if (suggested?.startsWith(typed) !== true || suggested === typed) return null;
  return suggested.slice(typed.length);
}
