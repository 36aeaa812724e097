/** Where a completion ends though the model would go on. */

/** @returns `text` up to the first of `stops` in it, and whether there was one */
export function cutAtStops(text: string, stops: readonly string[]): { text: string; isCut: boolean } {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  if (places.length === 0) return { text, isCut: false };
  return { text: text.slice(0, Math.min(...places)), isCut: true };
}
