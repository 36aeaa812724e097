/** A file that is typed: what is missing in it, and in which order that is written. */
import type { SourceFile } from '../held-out.ts';
import { keystrokesOf } from '../keystrokes.ts';
import { Random } from '../random.ts';
import { type Edit, editsOf, type Stretch, stretchesOf } from './edits.ts';
import { type Keystroke, Rhythm } from './rhythm.ts';

export interface TypingFile extends SourceFile {
  /** VS Code's. */
  readonly languageId: string;
  readonly edits: readonly Edit[];
  readonly stretches: readonly Stretch[];
  readonly rhythm: Rhythm;
}

export interface TypingScript {
  /** Of each file. */
  readonly edits: number;
  /** 1: as fast as most people; 2: twice as fast. */
  readonly speed: number;
  readonly seed: number;
}

/** The same for the same text, path and script. */
export function typingFile(file: SourceFile, languageId: string, script: TypingScript): TypingFile {
  const seed = `${String(script.seed)}:${file.path}`;
  const random = new Random(`${seed}:edits`);
  const edits = editsOf(file.text, script.edits, random);
  const stretches = stretchesOf(file.text, edits, random);
  return { ...file, languageId, edits, stretches, rhythm: new Rhythm(seed, script.speed) };
}

/**
 * The keys that bring the next keystroke's worth of an edit into the document.
 * @param place where in the edit, in UTF-16 units
 */
export function keystrokesAt(file: TypingFile, edit: number, place: number): Keystroke[] {
  const { start, end } = file.edits[edit] ?? { start: 0, end: 0 };
  const [text = ''] = keystrokesOf(file.text.slice(start + place, end));
  const at = start + place;
  const before = isLineStart(file, at) ? '' : file.text.charAt(at - 1);
  return file.rhythm.keystrokes(text, `${String(edit)}:${String(place)}`, before);
}

/** Keys from one place of an edit to another. */
export function keysBetween(file: TypingFile, edit: number, from: number, to: number): Keystroke[] {
  const { start = 0 } = file.edits[edit] ?? {};
  const keys: Keystroke[] = [];
  let place = from;
  for (const text of keystrokesOf(file.text.slice(start + from, start + to))) {
    keys.push(...keystrokesAt(file, edit, place));
    place += text.length;
  }
  return keys;
}

/** How long typing takes where nothing is suggested. */
export function secondsWithout(file: TypingFile): number {
  const jumps = file.stretches.slice(1).map((_, index) => file.rhythm.jump(String(index + 1)));
  const jumping = jumps.reduce((sum, { findingMs, settlingMs }) => sum + findingMs + settlingMs, 0);
  const typing = file.edits.flatMap(({ start, end }, edit) => keysBetween(file, edit, 0, end - start));
  return typing.reduce((sum, { afterMs }) => sum + afterMs, jumping) / 1_000;
}

/** Nothing but indentation stands left of it. */
function isLineStart({ text }: TypingFile, offset: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, offset - 200), offset));
}
