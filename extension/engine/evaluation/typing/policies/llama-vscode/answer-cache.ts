/** Answers by the text they were given for; typing what an answer says finds its rest by going back to shorter texts. */
import { createHash } from 'node:crypto';

export interface CacheKey {
  /** Whole lines above the cursor's. */
  readonly prefix: string;
  /** The cursor's line, left of the cursor. */
  readonly prompt: string;
  readonly suffix: string;
}

const mostAnswers = 250;

export class AnswerCache {
  /** In the order of their last use. */
  readonly #answers = new Map<string, string>();

  add(key: CacheKey, answer: string): void {
    const hash = hashOf(key);
    this.#answers.delete(hash);
    this.#answers.set(hash, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > mostAnswers && oldest !== undefined) this.#answers.delete(oldest);
  }

  has(key: CacheKey): boolean {
    return this.#answers.has(hashOf(key));
  }

  /** null: none for this text, nor for a beginning of its line that says the rest of the line. */
  find(key: CacheKey): string | null {
    for (let length = key.prompt.length; length >= 0; length--) {
      const answer = this.#get({ ...key, prompt: key.prompt.slice(0, length) });
      const typed = key.prompt.slice(length);
      if (answer?.startsWith(typed) === true) return answer.slice(typed.length);
    }
    return null;
  }

  #get(key: CacheKey): string | undefined {
    const hash = hashOf(key);
    const answer = this.#answers.get(hash);
    if (answer === undefined) return undefined;
    this.#answers.delete(hash);
    this.#answers.set(hash, answer);
    return answer;
  }
}

function hashOf({ prefix, suffix, prompt }: CacheKey): string {
  return createHash('sha256').update(`${prefix}|${suffix}|${prompt}`).digest('hex');
}
