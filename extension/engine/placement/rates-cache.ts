/** Measured device rates, kept with what else was measured on this machine. */
import type { NativeAddon } from '../addon.ts';
import type { NativeDevice, NativeDeviceRates } from '../native-devices.ts';
import { asEngineError } from '../errors.ts';
import { keepRates, keptRates } from '../machine/rates-file.ts';
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
  const kept = keptRates(tools.cache)[key];
  if (isRates(kept)) return kept;
  const measured = await measure(device, threads, tools);
  keepRates(tools.cache, key, measured, tools.log);
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

function isRates(value: unknown): value is NativeDeviceRates {
  if (typeof value !== 'object' || value === null) return false;
  const names = ['gpuBytesPerSecond', 'cpuBytesPerSecond', 'syncSeconds'] as const;
  const rates: Partial<Record<string, unknown>> = { ...value };
  return names.every((name) => {
    const rate = rates[name];
    return typeof rate === 'number' && Number.isFinite(rate) && rate > 0;
  });
}
