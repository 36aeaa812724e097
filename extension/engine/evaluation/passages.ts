/** Passages of held-out files that are typed again, with the rest of the file around them. */
import type { HeldOut, SourceFile } from './held-out.ts';
import { lineEnd, lineStart } from './line-tasks.ts';
import { Random } from './random.ts';

export interface Passage {
  /** Everything before and after the passage, which is whole lines; its last line feed stands in the suffix. */
  readonly prefix: string;
  readonly text: string;
  readonly suffix: string;
  readonly path: string;
}

/** UTF-16 units, and as many more as finish the line. */
const passageLength = 400;

/** One passage of each of `count` files, the languages taking turns; fewer where there are no more files. */
export function passages(heldOut: HeldOut, count: number, seed: string): Passage[] {
  const random = new Random(seed);
  const chosen: Passage[] = [];
  const longest = Math.max(...[...heldOut.values()].map((files) => files.length));
  for (let turn = 0; turn < longest; turn++) {
    for (const files of heldOut.values()) {
      const file = files[turn];
      if (file !== undefined && chosen.length < count) chosen.push(passageOf(file, random));
    }
  }
  return chosen;
}

/** A short file is one passage. */
function passageOf({ path, text }: SourceFile, random: Random): Passage {
  const latest = Math.max(0, text.length - passageLength);
  const start = lineStart(text, random.below(latest + 1));
  const end = Math.min(lineEnd(text, start + passageLength), text.trimEnd().length);
  return { path, prefix: text.slice(0, start), text: text.slice(start, end), suffix: text.slice(end) };
}
