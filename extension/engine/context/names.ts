/** The names that a text says, keywords among them. */

const name = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

export function namesIn(text: string): Set<string> {
  return new Set(text.match(name));
}

/** Each with the index where it stands, in UTF-16 units. */
export function namedIn(text: string): { name: string; index: number }[] {
  return Array.from(text.matchAll(name), ({ 0: said, index }) => ({ name: said, index }));
}

/** With how often it says each. */
export function countNames(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const said of text.match(name) ?? []) counts.set(said, (counts.get(said) ?? 0) + 1);
  return counts;
}
