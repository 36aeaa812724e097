/** Answers by the text they were given for; typing what an answer says finds its rest by going back to shorter texts. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

export interface CacheKey {
  /** Whole lines above the cursor's. */
  readonly prefix: string;
  /** The cursor's line, left of the cursor. */
  readonly prompt: string;
  readonly suffix: string;
}

const mostAnswers = 250;

export class AnswerCache {
  readonly #answers = new LRUCache<string, string>({ max: mostAnswers });

  add(key: CacheKey, answer: string): void {
    this.#answers.set(hashOf(key), answer);
  }

  has(key: CacheKey): boolean {
    return this.#answers.has(hashOf(key));
  }

  /** null: none for this text, nor for a beginning of its line that says the rest of the line. */
  find(key: CacheKey): string | null {
    for (let length = key.prompt.length; length >= 0; length--) {
      const answer = this.#answers.get(hashOf({ ...key, prompt: key.prompt.slice(0, length) }));
      const typed = key.prompt.slice(length);
      if (answer?.startsWith(typed) === true) return answer.slice(typed.length);
    }
    return null;
  }
}

function hashOf({ prefix, suffix, prompt }: CacheKey): string {
  return createHash('sha256').update(`${prefix}|${suffix}|${prompt}`).digest('hex');
}
