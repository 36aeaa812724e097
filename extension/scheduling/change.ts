/** What typing made of a place: the text in front of the cursor grew, and the editor may have closed brackets behind it. */
import { isSameDocument, type Place } from './place.ts';

export interface Change {
  /** What stands between the earlier cursor and the present one. */
  readonly typed: string;
  /** What the editor put behind the cursor: closers of brackets and quotes, each perhaps on a line of its own. */
  readonly closed: string;
  /** UTF-16 units that stood right of the earlier cursor and were typed over. */
  readonly typedOver: number;
}

/** As many units as closers, line ends and indentation come to where brackets were opened one in the other. */
const mostClosed = 128;
/** Closers are typed over, one or a few at a time. */
const mostTypedOver = 16;
/** So many units in front of a cursor tell nearly all places apart. */
const nearby = 64;

const closers = /^(?:[)\]}"'`>]|\n[ \t]*)*$/;

/**
 * @param mostTyped how many units may have been typed for the change to matter
 * @returns null where the present place does not come from typing at the earlier one
 */
export function changeBetween(earlier: Place, now: Place, mostTyped: number): Change | null {
  const typed = now.prefix.length - earlier.prefix.length;
  if (typed < 0 || typed > mostTyped || !isSameDocument(earlier, now)) return null;
  // The texts may be long, and are compared whole only where that is nearly certain to pay.
  const near = earlier.prefix.slice(-nearby);
  if (!now.prefix.startsWith(near, earlier.prefix.length - near.length)) return null;

  const change = changeBehind(earlier.suffix, now.suffix);
  if (change === null || !now.prefix.startsWith(earlier.prefix)) return null;
  return { typed: now.prefix.slice(earlier.prefix.length), ...change };
}

function changeBehind(earlier: string, now: string): Omit<Change, 'typed'> | null {
  const growth = now.length - earlier.length;
  if (growth > mostClosed || -growth > mostTypedOver) return null;
  if (growth < 0) return earlier.endsWith(now) ? { closed: '', typedOver: -growth } : null;

  const closed = now.slice(0, growth);
  return closers.test(closed) && now.endsWith(earlier) ? { closed, typedOver: 0 } : null;
}
