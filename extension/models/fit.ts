/** What a model asks of a machine: rules of thumb from the file alone, until somebody measures the machine itself. */
import type { CatalogueEntry } from './catalogue.ts';

export interface Machine {
  /** In bytes. */
  readonly memory: number;
  readonly cores: number;
}

/** `fits`: beside an editor and what else runs; `tight`: if little else does. */
export type Fit = 'fits' | 'tight' | 'too large';

/** How fast text comes without a GPU. */
export type SpeedClass = 'fast' | 'medium' | 'slow';

/** Bytes a weight, over the file, of models with 3 G parameters and more. */
const bytesPerParameter: Readonly<Record<string, number>> = { Q4_K_M: 0.62, Q8_0: 1.07 };
/** Of a model that nobody tried: measured ones take their file and up to half of it for cache, packed rows and work. */
const residentPerByte = 1.5;
const gigabyte = 1e9;

/** @returns bytes of the file; where the catalogue doesn't know, about as many as such files have */
export function fileBytes({ file, parameters, quantisation }: CatalogueEntry): number {
  return file.bytes ?? parameters * (bytesPerParameter[quantisation] ?? 1);
}

/** Bytes of memory while completing, with a context of 4096 tokens. */
export function memoryNeed(entry: CatalogueEntry): number {
  return entry.measured?.residentBytes ?? fileBytes(entry) * residentPerByte;
}

export function fitOf(entry: CatalogueEntry, { memory }: Machine): Fit {
  const need = memoryNeed(entry);
  if (need <= memory * 0.4) return 'fits';
  return need <= memory * 0.75 ? 'tight' : 'too large';
}

/** By what a token reads: memory bandwidth, which most desktops have 20 to 60 GB/s of, bounds the tokens per second. */
export function speedClass(entry: CatalogueEntry): SpeedClass {
  const read = fileBytes(entry) * entry.activeShare;
  if (read < 1.3 * gigabyte) return 'fast';
  return read < 3 * gigabyte ? 'medium' : 'slow';
}

/**
 * The model to begin with: of the measured ones that fit and are fast on so many cores, the one that is right most often.
 * @returns null where none fits
 */
export function recommended(entries: readonly CatalogueEntry[], machine: Machine): CatalogueEntry | null {
  const candidates = entries.filter(
    (entry) => entry.measured !== null && fitOf(entry, machine) === 'fits' && isReadSoon(entry, machine),
  );
  return candidates.toSorted((a, b) => rightShare(b) - rightShare(a))[0] ?? null;
}

/** Prompts are computed, not read: with few cores a larger model's first answer in a file takes too long. */
function isReadSoon(entry: CatalogueEntry, { cores }: Machine): boolean {
  return cores >= 4 || fileBytes(entry) < 0.7 * gigabyte;
}

function rightShare({ measured }: CatalogueEntry): number {
  return measured === null ? 0 : measured.rightLines / measured.lines;
}
