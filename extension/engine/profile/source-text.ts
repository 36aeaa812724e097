/** Reads one file of a corpus, unless it is nothing that a person wrote or a model should learn its habits from. */
import { readFileSync, statSync } from 'node:fs';

/** Above this, generated code and data are more likely than source. */
const mostBytes = 1 << 20;
/** Minified code has lines like these. */
const mostLineLength = 2_000;
const mostMeanLineLength = 160;

/** @returns null where the file is huge, binary, not UTF-8, minified, empty, or can't be read */
export function readSourceText(path: string): string | null {
  const bytes = readBytes(path);
  if (bytes === null || bytes.includes(0)) return null;
  const text = decoded(bytes);
  return text !== null && isSourceText(text) ? text : null;
}

/** @returns false where it is huge, minified or blank */
export function isSourceText(text: string): boolean {
  return text.length <= mostBytes && text.trim() !== '' && !isMinified(text);
}

function readBytes(path: string): Buffer | null {
  try {
    return statSync(path).size > mostBytes ? null : readFileSync(path);
  } catch {
    return null;
  }
}

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function isMinified(text: string): boolean {
  const lines = text.split('\n');
  return (
    text.length / lines.length > mostMeanLineLength || lines.some((line) => line.length > mostLineLength)
  );
}
