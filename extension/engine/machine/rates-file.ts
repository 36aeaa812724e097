/** What was measured on this machine, in a file of the user's cache folder: measuring takes a second, and the machine stays the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../models/cache-folder.ts';
import { writeWhole } from '../../models/write-whole.ts';
import { asEngineError } from '../errors.ts';
import type { WriteLog } from '../native.ts';

export function defaultRatesCache(): string {
  return join(cacheFolder(), 'device-rates.json');
}

/** By what was measured. Whatever the file holds: it may be missing, or damaged. */
export function keptRates(file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? { ...content } : {};
  } catch {
    return {};
  }
}

/** Beside what is kept already; a file that can't be written costs a line in the log. */
export function keepRates(file: string, key: string, rates: object, log: WriteLog): void {
  try {
    writeWhole(file, JSON.stringify({ ...keptRates(file), [key]: rates }, null, 2));
  } catch (error) {
    log('warn', `device rates are not kept: ${asEngineError(error).message}`);
  }
}
