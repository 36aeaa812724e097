/** `FILE:LINE:COLUMN`, and the text on both sides of it. */
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { readText } from './text-file.ts';
import { UsageError } from './usage-error.ts';

/** Line and column count from 1; the column counts UTF-16 units, as editors do. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface TextAround {
  readonly prefix: string;
  readonly suffix: string;
}

/** @throws UsageError */
export function parsePlace(argument: string): Place {
  const match = /^(?<file>.+):(?<line>\d+):(?<column>\d+)$/s.exec(argument);
  const { file, line, column } = match?.groups ?? {};
  if (file === undefined || line === undefined || column === undefined) {
    throw new UsageError(`${argument}: name a place as FILE:LINE:COLUMN, for example src/main.ts:12:5`);
  }
  return { file, line: Number(line), column: Number(column) };
}

/** @throws UsageError */
export function readAround({ file, line, column }: Place): TextAround {
  const text = readText(file);
  const lines = text.split('\n');
  const content = lines[line - 1]?.replace(/\r$/, '');
  if (content === undefined) {
    throw new UsageError(`${file} has ${String(lines.length)} lines: line ${String(line)} is outside`);
  }
  if (column < 1 || column > content.length + 1) {
    throw new UsageError(
      `line ${String(line)} of ${file} has columns 1 to ${String(content.length + 1)}: column ${String(column)} is outside`,
    );
  }
  if (splitsPair(content, column - 1)) {
    throw new UsageError(`column ${String(column)} of line ${String(line)} lies inside a character`);
  }
  const offset = lines.slice(0, line - 1).reduce((sum, before) => sum + before.length + 1, 0) + column - 1;
  return { prefix: text.slice(0, offset), suffix: text.slice(offset) };
}

/** The current folder stands for the workspace: what lies outside of it is known by its name alone. */
export function pathSeenFrom(folder: string, file: string): string {
  const path = relative(folder, resolve(folder, file));
  const isOutside = isAbsolute(path) || /^\.\.(?:[/\\]|$)/.test(path);
  return isOutside ? basename(file) : path;
}

function splitsPair(text: string, index: number): boolean {
  return /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(Math.max(0, index - 1))) && index > 0;
}
