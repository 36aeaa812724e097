/** Measured device rates, kept in the user's cache folder: measuring takes a second, and the devices stay the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeAddon, NativeDevice, NativeDeviceRates } from '../addon.ts';
import { cacheFolder } from '../../models/cache-folder.ts';
import { writeWhole } from '../../models/write-whole.ts';
import { asEngineError } from '../errors.ts';
import type { WriteLog } from '../native.ts';

export interface RatesTools {
  readonly addon: Pick<NativeAddon, 'measureDevice'>;
  readonly log: WriteLog;
  /** The file that keeps the rates. */
  readonly cache: string;
}

/**
 * The rates of a device together with the CPU's threads; measured where the cache does not have them.
 * @throws EngineError where the device can't be used
 */
export async function deviceRates(
  device: NativeDevice,
  threads: number,
  tools: RatesTools,
): Promise<NativeDeviceRates> {
  const key = `${device.name} ${device.description}, ${threads} threads`;
  const kept = readCache(tools.cache)[key];
  if (isRates(kept)) return kept;
  const measured = await measure(device, threads, tools);
  writeCache(tools, key, measured);
  return measured;
}

async function measure(
  device: NativeDevice,
  threads: number,
  { addon }: RatesTools,
): Promise<NativeDeviceRates> {
  try {
    return await addon.measureDevice(device.name, threads);
  } catch (error) {
    throw asEngineError(error);
  }
}

export function defaultRatesCache(): string {
  return join(cacheFolder(), 'device-rates.json');
}

/** Whatever the file holds: it may be missing, or damaged. */
function readCache(file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? { ...content } : {};
  } catch {
    return {};
  }
}

function writeCache({ cache, log }: RatesTools, key: string, rates: NativeDeviceRates): void {
  try {
    writeWhole(cache, JSON.stringify({ ...readCache(cache), [key]: rates }, null, 2));
  } catch (error) {
    log('warn', `device rates are not kept: ${asEngineError(error).message}`);
  }
}

function isRates(value: unknown): value is NativeDeviceRates {
  if (typeof value !== 'object' || value === null) return false;
  const names = ['gpuBytesPerSecond', 'cpuBytesPerSecond', 'syncSeconds'] as const;
  const rates: Partial<Record<string, unknown>> = { ...value };
  return names.every((name) => {
    const rate = rates[name];
    return typeof rate === 'number' && Number.isFinite(rate) && rate > 0;
  });
}
