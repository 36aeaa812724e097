/** A generated text in its place, with what its own tokens and those around it say of it. */
import type { Bracket, Literal, Reading } from '../../syntax/reading.ts';
import { literalAt } from '../../syntax/reading.ts';
import type { Surroundings } from '../surroundings.ts';
import { indentation, isBlank, type Line, linesOf } from './lines.ts';

export interface JudgedLine extends Line {
  /** As it stands in the document, the first one with what is left of the cursor. */
  readonly whole: string;
  readonly indentation: number;
  /** Brackets that the text has opened and not closed again before this line. */
  readonly depth: number;
  /** The comment or string that it goes on with. */
  readonly literal: Literal | null;
}

export interface JudgedText {
  readonly text: string;
  /** Whether nothing will be added to it. */
  readonly final: boolean;
  readonly around: Surroundings;
  /** All lines of the text. */
  readonly lines: readonly JudgedLine[];
  /** The brackets of the text, by their place in it. */
  readonly brackets: readonly Bracket[];
  /** The brackets that are open before the text, outermost first, by their place in what is read. */
  readonly open: readonly Bracket[];
  /** The closers behind the text that nothing behind it opens, by their place behind the cursor. */
  readonly closed: readonly Bracket[];
  readonly reading: Reading;
}

/** Of a text that is still being written, only whole lines are read: half a string hides what is in it. */
export function judgedText(text: string, around: Surroundings, final: boolean): JudgedText {
  const read = final ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const reading = around.read(read);
  const cursor = around.before.length;
  const end = cursor + read.length;
  const within = reading.brackets.filter(({ index }) => index >= cursor && index < end);
  const brackets = within.map((bracket) => ({ ...bracket, index: bracket.index - cursor }));
  return {
    text,
    final,
    around,
    reading,
    brackets,
    lines: linesOf(text, final).map((line) => {
      const whole = line.start === 0 ? around.linePrefix + line.text : line.text;
      const start = Math.min(line.start, read.length);
      const depth = ownOpeners(brackets.filter(({ index }) => index < start)).length;
      const literal = literalAt(reading, cursor + start);
      return { ...line, whole, indentation: indentation(whole), depth, literal };
    }),
    open: unmatched(reading.brackets.filter(({ index }) => index < cursor)).open,
    closed: unmatched(reading.brackets.filter(({ index }) => index >= end)).closed.map((bracket) => ({
      ...bracket,
      index: bracket.index - end,
    })),
  };
}

/** The lines that say something. */
export function sayingLines({ lines }: JudgedText): JudgedLine[] {
  return lines.filter(({ text }) => !isBlank(text));
}

export interface Unmatched {
  /** Outermost first. */
  readonly open: readonly Bracket[];
  readonly closed: readonly Bracket[];
}

/** Which of the brackets have their partner elsewhere. */
export function unmatched(brackets: readonly Bracket[]): Unmatched {
  const open: Bracket[] = [];
  const closed: Bracket[] = [];
  for (const bracket of brackets) {
    if (bracket.opens) open.push(bracket);
    else if (open.at(-1)?.opener === bracket.opener) open.pop();
    else closed.push(bracket);
  }
  return { open, closed };
}

function ownOpeners(brackets: readonly Bracket[]): readonly Bracket[] {
  return unmatched(brackets).open;
}
