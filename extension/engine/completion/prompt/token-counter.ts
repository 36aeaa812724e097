/** Counts tokens of lines, remembering them: between two keystrokes hardly any line changes. */
import type { CountTokens } from './prompt-budget.ts';

const mostEntries = 20_000;

export function tokenCounter(tokenize: (text: string) => Int32Array): CountTokens {
  const known = new Map<string, number>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;

    if (known.size >= mostEntries) known.clear();
    const tokens = tokenize(text).length;
    known.set(text, tokens);
    return tokens;
  };
}
