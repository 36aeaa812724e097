/** How much of a long test is run: a sample with every change, all of it by `npm run test:models:whole`. */

export const isWhole = process.env['HOTSET_TEST_EXTENT'] === 'whole';

/** @returns the first one alone, unless all are wanted */
export function sampleOf<Item>(items: readonly Item[]): Item[] {
  return isWhole ? [...items] : items.slice(0, 1);
}
