/** Which of two decoders is the faster one for a model on this machine, kept with what else was measured here. */
import { cpus } from 'node:os';
import type { LocalDecoderName } from '../../protocol/figures.ts';
import type { NativeAddon } from '../addon.ts';
import { defaultRatesCache, keepRates, keptRates } from '../machine/rates-file.ts';
import type { WriteLog } from '../native.ts';

export interface MeasuredDecoder {
  readonly decoder: LocalDecoderName;
  /** How many times as fast as the other one. */
  readonly ratio: number;
}

export interface MeasuredTools {
  readonly addon: Pick<NativeAddon, 'fingerprint'>;
  readonly log: WriteLog;
  /** The file that keeps measured rates; one in the user's cache folder when left out. */
  readonly ratesCache?: string;
}

/** What a measurement holds for; 0 threads: as many as the engine chooses. */
export interface Measurable {
  /** Of the GGUF file. */
  readonly path: string;
  readonly threads: number;
}

interface Kept extends MeasuredDecoder {
  /** Milliseconds since 1970. */
  readonly measuredAt: number;
}

/** Raised whenever a decoder gets faster, or what is measured changes. */
const version = 1;
const prefix = `decoder ${version}: `;
/** Of a smaller ratio the machine's own noise could be the cause. */
export const worthChanging = 1.1;
/** Drivers, memory and power settings change now and then. */
const freshMs = 30 * 24 * 3600_000;

/** @returns null where nothing was measured, or too long ago */
export async function keptDecoder(
  model: Measurable,
  tools: MeasuredTools,
  now = Date.now(),
): Promise<MeasuredDecoder | null> {
  const all = keptRates(tools.ratesCache ?? defaultRatesCache());
  // Most machines have no such entry, and need not look at the file's weights.
  if (!Object.keys(all).some((key) => key.startsWith(prefix))) return null;
  const kept = all[await keyOf(model, tools)];
  if (!isKept(kept)) return null;
  const age = now - kept.measuredAt;
  return age >= 0 && age < freshMs ? { decoder: kept.decoder, ratio: kept.ratio } : null;
}

/** @throws Error where the model can't be read any more */
export async function keepDecoder(
  model: Measurable,
  { decoder, ratio }: MeasuredDecoder,
  tools: MeasuredTools,
  now = Date.now(),
): Promise<void> {
  const kept: Kept = { decoder, ratio, measuredAt: now };
  keepRates(tools.ratesCache ?? defaultRatesCache(), await keyOf(model, tools), kept, tools.log);
}

/** A line for people. */
export function reasonFor({ decoder, ratio }: MeasuredDecoder): string {
  const other = decoder === 'hybrid' ? 'llama.cpp' : 'the hybrid decoder';
  if (ratio < worthChanging) return `measured on this machine, ${other} is not clearly faster`;
  return `measured on this machine, ${ratio.toFixed(1)} times as fast as ${other}`;
}

/** The same model in another folder is the same; another processor is not. */
async function keyOf({ path, threads }: Measurable, { addon }: MeasuredTools): Promise<string> {
  const all = cpus();
  const processor = `${all[0]?.model.trim() ?? 'unknown'}, ${all.length}`;
  return `${prefix}${await addon.fingerprint(path)} on ${processor}, ${threads} threads`;
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false;
  const { decoder, ratio, measuredAt } = value as Partial<Record<keyof Kept, unknown>>;
  const isDecoder = decoder === 'hybrid' || decoder === 'llama.cpp';
  return isDecoder && typeof ratio === 'number' && ratio > 0 && typeof measuredAt === 'number';
}
