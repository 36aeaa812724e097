/** Records of suggestions, as `evaluate infilling --json` prints them. */
import { EngineError } from '../errors.ts';
import type { SuggestionRecord } from './solve-line.ts';

/** What weights are fitted to. */
export type RecordedSuggestion = Pick<
  SuggestionRecord,
  'language' | 'path' | 'written' | 'right' | 'sumLogP' | 'minLogP' | 'tokens'
>;

export interface RecordedSuggestions {
  /** The model's name. */
  readonly model: string;
  readonly records: readonly RecordedSuggestion[];
}

/**
 * @param name of the text's file, for the message
 * @throws EngineError unless `text` is such output
 */
export function parseRecords(text: string, name: string): RecordedSuggestions {
  const output = parsed(text);
  if (isOutput(output)) return output;
  throw new EngineError('badInput', `${name}: no output of hotset evaluate infilling --json; make it again`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isOutput(value: unknown): value is RecordedSuggestions {
  if (!isObject(value)) return false;
  const { model, records } = value;
  return typeof model === 'string' && Array.isArray(records) && records.every(isRecord);
}

function isRecord(value: unknown): value is RecordedSuggestion {
  if (!isObject(value)) return false;
  const { language, path, written, right, sumLogP, minLogP, tokens } = value;
  const isText = [language, path, written].every((text) => typeof text === 'string');
  const isEvidence = [sumLogP, minLogP, tokens].every(Number.isFinite);
  return isText && isEvidence && Number(tokens) >= 1 && typeof right === 'boolean';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
