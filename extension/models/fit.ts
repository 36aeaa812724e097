/** What a model asks of a machine: rules of thumb from the file alone, until the machine itself is measured. */
import type { CatalogueEntry } from './catalogue.ts';
import { type Forecast, forecast } from './cost/forecast.ts';
import type { CostMachine } from './cost/machine.ts';
import { memoryNeed as memoryOf } from './cost/memory.ts';
import { type ModelShape, shapeOf, shapes } from './cost/shape.ts';
import { dense } from './cost/step-cost.ts';

export interface Machine {
  /** In bytes. */
  readonly memory: number;
  readonly cores: number;
  /** null: nobody measured it yet. */
  readonly measured: CostMachine | null;
}

/** `fits`: beside an editor and what else runs; `tight`: if little else does. */
export type Fit = 'fits' | 'tight' | 'too large';

/** How fast text comes without a GPU. */
export type SpeedClass = 'fast' | 'medium' | 'slow';

/** Bytes a weight, over the file, of models with 3 G parameters and more. */
const bytesPerParameter: Readonly<Record<string, number>> = { Q4_0: 0.57, Q4_K_M: 0.62, Q8_0: 1.07, F16: 2 };
/** Of a model of which nobody knows the sizes: measured ones take their file and up to half of it for cache and work. */
const residentPerByte = 1.5;
const gigabyte = 1e9;
/** Tokens, as the editor's setting has them. */
const contextLength = 4096;
/** Half a file read and a line written: who waits longer than this has written the line. */
const soonSeconds = 1;

/** @returns bytes of the file; where the catalogue doesn't know, about as many as such files have */
export function fileBytes({ file, parameters, quantisation }: CatalogueEntry): number {
  return file.bytes ?? parameters * (bytesPerParameter[quantisation] ?? 1);
}

/** Bytes of memory while completing, as measured or reckoned. */
export function memoryNeed(entry: CatalogueEntry): number {
  if (entry.measured !== null) return entry.measured.residentBytes;
  const shape = entry.shape === null ? null : shapeOf(entry.shape);
  if (shape === null) return fileBytes(entry) * residentPerByte;
  const { privateBytes, mappedBytes } = memoryOf(
    { shape, quantisation: entry.quantisation, sparsity: dense },
    contextLength,
  );
  return privateBytes + mappedBytes;
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
 * What the cost model says of an entry on this machine. A model whose sizes nobody could look at goes by a LLaMA of as many
 * parameters.
 * @returns null where the machine is not measured
 */
export function forecastOf(entry: CatalogueEntry, { measured }: Machine): Forecast | null {
  if (measured === null) return null;
  const shape = (entry.shape === null ? null : shapeOf(entry.shape)) ?? standIn(entry.parameters);
  const sparsity = entry.activity === null ? dense : { ...dense, activity: entry.activity };
  return forecast({ shape, quantisation: entry.quantisation, sparsity }, measured);
}

function standIn(parameters: number): ModelShape {
  const [like, ofLike] = [shapes['llama-7b'], 6.7e9];
  if (like === undefined) throw new RangeError('the shape llama-7b is missing');
  return { ...like, layers: Math.max(1, Math.round((like.layers * parameters) / ofLike)) };
}

/**
 * The model to begin with: of the measured ones that fit and are fast on this machine, the one that is right most often; where
 * none is fast, the fastest.
 * @returns null where none fits
 */
export function recommended(entries: readonly CatalogueEntry[], machine: Machine): CatalogueEntry | null {
  const fitting = entries.filter((entry) => entry.measured !== null && fitOf(entry, machine) === 'fits');
  const fast = fitting.filter((entry) => isReadSoon(entry, machine));
  const [best] = fast.toSorted((a, b) => rightShare(b) - rightShare(a));
  const [soonest] = fitting.toSorted((a, b) => firstLineOrder(a, machine) - firstLineOrder(b, machine));
  return best ?? soonest ?? null;
}

/** Seconds, or bytes where the machine was not measured. */
function firstLineOrder(entry: CatalogueEntry, machine: Machine): number {
  return forecastOf(entry, machine)?.firstLineSeconds ?? fileBytes(entry);
}

/** Prompts are computed, not read: with few cores a larger model's first answer in a file takes too long. */
function isReadSoon(entry: CatalogueEntry, machine: Machine): boolean {
  const foretold = forecastOf(entry, machine);
  if (foretold !== null) return foretold.firstLineSeconds <= soonSeconds;
  return machine.cores >= 4 || fileBytes(entry) < 0.7 * gigabyte;
}

function rightShare({ measured }: CatalogueEntry): number {
  return measured === null ? 0 : measured.rightLines / measured.lines;
}
