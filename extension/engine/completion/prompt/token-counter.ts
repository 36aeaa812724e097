/** Counts tokens of lines, remembering them: between two keystrokes hardly any line changes. */
import { LRUCache } from 'lru-cache';
import type { CountTokens } from './prompt-budget.ts';

const mostEntries = 20_000;

export function tokenCounter(tokenize: (text: string) => Int32Array): CountTokens {
  const known = new LRUCache<string, number>({
    max: mostEntries,
    memoMethod: (text) => tokenize(text).length,
  });
  return (text) => known.memo(text);
}
