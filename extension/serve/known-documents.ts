/**
 * Which document a request is about. Other editors name none, and of a long one they send the lines around the cursor alone.
 * Requests that say much the same text are about the same document, so that they share what the engine has computed of it;
 * and what the lines' start has left behind is put back in front, so that the prompt's start stays where it was.
 */
import { LRUCache } from 'lru-cache';

export interface TextAround {
  readonly prefix: string;
  readonly suffix: string;
}

export interface KnownText extends TextAround {
  /** The same string for requests about the same document. */
  readonly document: string;
}

/** As many as the engine keeps prompts of. */
const mostDocuments = 16;
/** Of the shorter text, to be the same document. */
const leastInCommon = 0.5;
/** UTF-16 units of a text's start by which it is found in another. */
const landmarkLength = 400;
/** A start that many places share is no landmark. */
const shortestLandmark = 40;
/** UTF-16 units that are put back in front; far more than fits a prompt. */
const longestPrefix = 200_000;

export class KnownDocuments {
  /** By their names. */
  readonly #known = new LRUCache<string, KnownText>({ max: mostDocuments });
  #named = 0;

  /** @param client who asks: clients share no documents */
  recognise(client: string, text: TextAround): KnownText {
    const match = this.#bestMatch(client, text);
    const document = match?.known.document ?? `${client}/${String(this.#named++)}`;
    const prefix = (match?.before ?? '') + text.prefix;
    const known = {
      document,
      prefix: prefix.length > longestPrefix ? text.prefix : prefix,
      suffix: text.suffix,
    };
    this.#known.set(document, known);
    return known;
  }

  #bestMatch(client: string, text: TextAround): Match | null {
    let best: Match | null = null;
    for (const known of this.#known.values()) {
      if (!known.document.startsWith(`${client}/`)) continue;
      const match = matchOf(known, text);
      if (match.inCommon > Math.max(best?.inCommon ?? 0, leastInCommon)) best = match;
    }
    return best;
  }
}

interface Match {
  readonly known: KnownText;
  /** What stands before the text's start. */
  readonly before: string;
  /** Between 0 and 1. */
  readonly inCommon: number;
}

function matchOf(known: KnownText, text: TextAround): Match {
  const left = known.prefix + known.suffix;
  const right = text.prefix + text.suffix;
  const movedDown = offsetOf(right, known.prefix);
  const movedUp = movedDown === null ? offsetOf(left, text.prefix) : null;
  const before = known.prefix.slice(0, movedDown ?? 0);
  return {
    known,
    before,
    inCommon: shareInCommon(left.slice(before.length), right.slice(movedUp ?? 0)),
  };
}

/** Where `text` begins inside `other`; null where that can't be told. */
function offsetOf(text: string, other: string): number | null {
  if (other.startsWith(text.slice(0, landmarkLength))) return 0;
  const landmark = text.slice(0, Math.min(landmarkLength, text.lastIndexOf('\n', landmarkLength) + 1));
  if (landmark.trim().length < shortestLandmark) return null;
  const offset = other.indexOf(landmark);
  return offset < 0 ? null : offset;
}

function shareInCommon(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  if (shorter === 0) return left === right ? 1 : 0;
  let start = 0;
  while (start < shorter && left[start] === right[start]) start++;
  let end = 0;
  while (end < shorter - start && left[left.length - 1 - end] === right[right.length - 1 - end]) end++;
  return (start + end) / shorter;
}
