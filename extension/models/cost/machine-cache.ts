/** What was measured of this machine, kept in the user's cache folder for all windows and the command line. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { writeWhole } from '../write-whole.ts';
import type { CostMachine, StepRate } from './machine.ts';

/** Raised whenever what is measured, or how, changes. */
const version = 6;
/** Drivers, memory and power settings change now and then. */
const freshMs = 30 * 24 * 3600_000;

/** What is measured for each number of threads. */
export const stepFigures: readonly (keyof StepRate)[] = [
  'threads',
  'keysPerSecond',
  'tokenAttentionPerSecond',
  'tokenScoreSeconds',
  'attentionPerSecond',
  'scoreSeconds',
  'nodeSeconds',
  'valueSeconds',
  'rotationSeconds',
  'resultSeconds',
  'logitSeconds',
  'mappedByteSeconds',
];

interface Kept {
  readonly version: number;
  /** Which processor it was. */
  readonly processor: string;
  /** Milliseconds since 1970. */
  readonly measuredAt: number;
  readonly machine: CostMachine;
}

export function machineFile(): string {
  return join(cacheFolder(), 'machine.json');
}

/** @returns null where nothing was measured, or another machine, or too long ago */
export function keptMachine(file = machineFile(), now = Date.now()): CostMachine | null {
  const kept = read(file);
  if (kept?.version !== version || kept.processor !== processor()) return null;
  const age = now - kept.measuredAt;
  return age >= 0 && age < freshMs ? kept.machine : null;
}

/** @throws Error where the folder can't be written */
export function keepMachine(machine: CostMachine, file = machineFile(), now = Date.now()): void {
  const kept: Kept = { version, processor: processor(), measuredAt: now, machine };
  writeWhole(file, JSON.stringify(kept, null, 2));
}

/** Whatever the file holds: it may be missing, or damaged. */
function read(file: string): Kept | null {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isKept(content) ? content : null;
  } catch {
    return null;
  }
}

function isKept(value: unknown): value is Kept {
  if (!isObject(value) || !isObject(value['machine'])) return false;
  const { name, cores, memoryBytes, products, steps, gpu } = value['machine'];
  return (
    typeof name === 'string' &&
    isAmount(cores) &&
    isAmount(memoryBytes) &&
    isList(products, ['threads', 'bytesPerSecond', 'choiceBytesPerSecond', 'productsPerSecond']) &&
    products.every(({ type }) => typeof type === 'string') &&
    isList(steps, stepFigures) &&
    (gpu === null || isList([gpu], ['memoryBytes', 'bytesPerSecond', 'productsPerSecond', 'syncSeconds']))
  );
}

/** Of one entry at least, each with amounts of these names. */
function isList(value: unknown, amounts: readonly string[]): value is Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((entry) => isObject(entry) && amounts.every((name) => isFigure(name, entry[name])));
}

/** Some times are too short to be measured. */
function isFigure(name: string, value: unknown): boolean {
  return isAmount(value) || (name.endsWith('Seconds') && value === 0);
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function processor(): string {
  const all = cpus();
  return `${all[0]?.model.trim() ?? 'unknown'}, ${all.length}`;
}
