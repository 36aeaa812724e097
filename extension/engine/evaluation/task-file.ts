/** Files of evaluation tasks as their homes publish them: JSON Lines or a JSON array, gzipped or not. */
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { EngineError } from '../errors.ts';

/** The largest of them has 3 MB unpacked. */
const mostBytes = 64 << 20;

export interface TaskRow {
  readonly row: Readonly<Record<string, unknown>>;
  /** The file and the place in it, for messages. */
  readonly where: string;
}

/**
 * @param name of the published file, for messages
 * @throws EngineError
 */
export function readTaskRows(file: string, name: string): TaskRow[] {
  const text = textOf(file, name);
  const rows = text.trimStart().startsWith('[') ? fromArray(file, name, text) : fromLines(file, name, text);
  if (rows.length === 0) throw refused(file, 'holds no task', name);
  return rows;
}

/** @throws EngineError unless each of `fields` is text */
export function textFields<Field extends string>(
  { row, where }: TaskRow,
  fields: readonly Field[],
  name: string,
): Record<Field, string> {
  const missing = fields.find((field) => typeof row[field] !== 'string');
  if (missing !== undefined) throw refused(where, `has no text "${missing}"`, name);
  return row as Record<Field, string>;
}

export function refused(where: string, reason: string, name: string): EngineError {
  return new EngineError('badInput', `${where} ${reason}: fetch ${name} again`);
}

function textOf(file: string, name: string): string {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) throw new EngineError('badInput', `${file}: no such file`);
  if (!status.isFile()) throw new EngineError('badInput', `${file} is no file: name ${name} itself`);
  if (status.size > mostBytes) throw refused(file, 'is too large', name);
  const bytes = readFileSync(file);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes.toString();
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes }).toString();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(file, `can't be unpacked (${reason})`, name);
  }
}

function fromLines(file: string, name: string, text: string): TaskRow[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line, index) => objectAt(parsed(line), `${file}, line ${index + 1}`, name));
}

function fromArray(file: string, name: string, text: string): TaskRow[] {
  const array = parsed(text);
  if (!Array.isArray(array)) throw refused(file, 'is no JSON', name);
  return array.map((value, index) => objectAt(value, `${file}, task ${index + 1}`, name));
}

function objectAt(value: unknown, where: string, name: string): TaskRow {
  if (typeof value !== 'object' || value === null) throw refused(where, 'is no JSON object', name);
  return { row: value as Record<string, unknown>, where };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
