/**
 * Our own files, cut at random places: what stood there is not trimmed, and where the text goes on with what stands behind,
 * just that is. A few places can't be told from their opposite: a control token among other words of a string, a line that ends two blocks.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { surroundingsOf } from '../../../extension/engine/completion/surroundings.ts';
import {
  finishWatch,
  trimCompletion,
  type TrimmedText,
} from '../../../extension/engine/completion/trimming/trim-completion.ts';
import { lineEnd, lineStart } from '../../../extension/engine/evaluation/line-tasks.ts';
import { Random } from '../../../extension/engine/evaluation/random.ts';
import { grammarFor } from '../../../extension/engine/syntax/grammars.ts';
import { root } from '../../../scripts/node24.mjs';

const fewestKept = 0.985;
/** Generating may also end a little late, with half a line that nothing can be compared with. */
const fewestFinished = 0.97;
/** Gives about 2,000 cuts of a kind: enough that which places are drawn hardly moves a share. */
const charactersPerCut = 1_200;
/** Watching a text while it grows takes many times as long as trimming it. */
const cutsPerWatched = 3;
/** UTF-16 units of what stands behind the cut. */
const continuation = 400;
const pieceLength = 4;
/** A block has no more lines than a completion. */
const mostLines = 8;

type Kind = 'line' | 'block';

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Cut {
  readonly path: string;
  readonly prefix: string;
  readonly middle: string;
  readonly suffix: string;
}

const files: readonly SourceFile[] = globSync(['{extension,native,training}/**/*.{ts,cpp,h,py}'], {
  cwd: root,
})
  .sort()
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  .filter(({ text }) => text.length > continuation);

function indentationAt(text: string, start: number): number {
  return text.slice(start, lineEnd(text, start)).search(/\S|$/);
}

/** Where the lines end that follow at least as deep, up to a blank one. A line that closes a block ends it. */
function blockEnd(text: string, start: number): number {
  const column = indentationAt(text, start);
  let end = lineEnd(text, start);
  if (/^\s*[)\]}]+[;,]?$/.test(text.slice(start, end))) return end;
  for (let lines = 1; lines < mostLines && end < text.length; lines++) {
    const next = text.slice(end + 1, lineEnd(text, end + 1));
    if (next.trim() === '' || indentationAt(text, end + 1) < column) break;
    end += 1 + next.length;
  }
  return end;
}

function cutAt(kind: Kind, { path, text }: SourceFile, place: number): Cut {
  const start = lineStart(text, place);
  const from = kind === 'line' ? place : start + indentationAt(text, start);
  const end = kind === 'line' ? lineEnd(text, from) : blockEnd(text, start);
  return {
    path,
    prefix: text.slice(0, from),
    middle: text.slice(from, end),
    suffix: text.slice(end),
  };
}

/** Drawn file by file: an edit moves the cuts of the file that it is made in, and no others. */
function cutsOf(kind: Kind): Cut[] {
  return files
    .flatMap((file) => {
      const random = new Random(`${kind} ${file.path}`);
      const places = Array.from({ length: Math.ceil(file.text.length / charactersPerCut) }, () =>
        Math.floor(random.next() * file.text.length),
      );
      return places.map((place) => cutAt(kind, file, place));
    })
    .filter(({ middle }) => middle.trim() !== '');
}

/** Blanks at its end count for nothing. */
function givesBack({ text, overlap }: TrimmedText, { middle, suffix }: Cut): boolean {
  return (text + suffix.slice(overlap)).trimEnd() === (middle.trimEnd() + suffix).trimEnd();
}

/** What is generated until nothing more is wanted, in pieces of the size of a token. */
function untilFinished(text: string, isFinished: (text: string) => boolean): string {
  for (let length = pieceLength; length < text.length; length += pieceLength) {
    if (isFinished(text.slice(0, length))) return text.slice(0, length);
  }
  return text;
}

/** Of the cuts, those where what is generated is trimmed to what stood there. */
async function kept(
  cuts: readonly Cut[],
  generated: (cut: Cut, isFinished: (text: string) => boolean) => string,
): Promise<number> {
  let right = 0;
  for (const cut of cuts) {
    const around = surroundingsOf(cut.prefix, cut.suffix, await grammarFor({ path: cut.path }), {
      path: cut.path,
    });
    if (givesBack(trimCompletion(generated(cut, finishWatch(around)), around, false), cut)) right++;
  }
  return right / cuts.length;
}

for (const kind of ['line', 'block'] as const) {
  describe(`the rest of a ${kind}`, () => {
    const cuts = cutsOf(kind);
    test('is kept', async () => {
      const share = await kept(cuts, ({ middle }) => middle);
      assert.ok(share >= fewestKept, `${share} of ${cuts.length}`);
    });

    test('ends where the file goes on', async () => {
      const share = await kept(cuts, ({ middle, suffix }) => middle + suffix.slice(0, continuation));
      assert.ok(share >= fewestKept, `${share} of ${cuts.length}`);
    });

    test('is not ended before its end', async () => {
      const some = cuts.filter((_, index) => index % cutsPerWatched === 0);
      const share = await kept(some, ({ middle, suffix }, isFinished) =>
        untilFinished(middle + suffix.slice(0, continuation), isFinished),
      );
      assert.ok(share >= fewestFinished, `${share} of ${some.length}`);
    });
  });
}
