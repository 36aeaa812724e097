/** Which parts of a file are taken out and typed again, and in which order. */
import { lineEnd, lineStart } from '../line-tasks.ts';
import type { Random } from '../random.ts';

/** UTF-16 units `[start, end)`, from a line's first character that is no blank to a line's end. */
export interface Edit {
  readonly start: number;
  readonly end: number;
}

/** What is typed without going elsewhere: of one edit, so much of its text, counted from the edit's start. */
export interface Stretch {
  /** Index of the edit. */
  readonly edit: number;
  readonly until: number;
}

const mostLines = 10;
const mostCharacters = 480;
/** An edit that is no longer than a word tells nothing. */
const fewestCharacters = 12;
/** Between two edits stays at least this much of the file, so that neither is written blind. */
const apart = 120;
const drawsPerEdit = 50;

/** @returns `count` edits in the file's order, none overlapping; fewer where the file has no room for them */
export function editsOf(text: string, count: number, random: Random): Edit[] {
  const edits: Edit[] = [];
  for (let draw = 0; draw < count * drawsPerEdit && edits.length < count; draw++) {
    const edit = editFrom(text, random.below(text.length), 1 + random.below(mostLines));
    if (isWorthTyping(text, edit) && edits.every((other) => areApart(edit, other))) edits.push(edit);
  }
  return edits.sort((left, right) => left.start - right.start);
}

function editFrom(text: string, offset: number, lines: number): Edit {
  const lineBegin = lineStart(text, offset);
  const start = lineBegin + (/^[ \t]*/.exec(text.slice(lineBegin))?.[0].length ?? 0);
  let end = lineEnd(text, start);
  for (let line = 1; line < lines && end < text.length; line++) {
    const next = lineEnd(text, end + 1);
    if (next - start > mostCharacters) break;
    end = next;
  }
  return { start, end: start + text.slice(start, end).trimEnd().length };
}

/** Blanks at a line's end can't be told from none: editors and models take them off. */
function isWorthTyping(text: string, { start, end }: Edit): boolean {
  const passage = text.slice(start, end);
  return (
    passage.length >= fewestCharacters &&
    passage.length <= mostCharacters &&
    !passage.startsWith('\n') &&
    !/[ \t]\n/.test(passage) &&
    !/[ \t]/.test(text.charAt(end))
  );
}

function areApart(left: Edit, right: Edit): boolean {
  return left.end + apart <= right.start || right.end + apart <= left.start;
}

/** The edits in no order; half of those that can be cut in two are left at a line's end, and finished after the next. */
export function stretchesOf(text: string, edits: readonly Edit[], random: Random): Stretch[] {
  const stretches: Stretch[] = [];
  let postponed: Stretch[] = [];
  for (const index of shuffled([...edits.keys()], random)) {
    const halves = halvesOf(text, edits, index, random);
    const [first, second] = halves;
    if (first !== undefined) stretches.push(first);
    stretches.push(...postponed);
    postponed = second === undefined ? [] : [second];
  }
  return [...stretches, ...postponed];
}

function halvesOf(text: string, edits: readonly Edit[], index: number, random: Random): Stretch[] {
  const edit = edits[index];
  if (edit === undefined) return [];
  const passage = text.slice(edit.start, edit.end);
  const whole = { edit: index, until: passage.length };
  const ends = [...passage.matchAll(/[^\n](?=\n)/g)].map(({ index: at }) => at + 1);
  const cut = ends[random.below(ends.length)];
  return cut !== undefined && random.next() < 0.5 ? [{ edit: index, until: cut }, whole] : [whole];
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((left, right) => left.key - right.key)
    .map(({ item }) => item);
}
