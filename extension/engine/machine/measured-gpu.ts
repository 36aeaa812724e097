/** What a GPU of this machine does, under a budget of its memory. */
import type { CostGpu } from '../../models/cost/machine.ts';
import type { NativeAddon } from '../addon.ts';
import type { WriteLog } from '../native.ts';
import type { GpuBudget } from '../placement/budget.ts';
import { chooseDevice } from '../placement/devices.ts';
import { deviceRates } from '../placement/rates-cache.ts';
import { defaultRatesCache } from './rates-file.ts';

export interface GpuChoice {
  /** null: the first with memory of its own. */
  readonly device: string | null;
  readonly budget: GpuBudget;
}

export interface GpuTools {
  readonly addon: Pick<NativeAddon, 'devices' | 'measureDevice'>;
  readonly log: WriteLog;
}

/**
 * Takes a second where its speed is not kept.
 * @returns null where none is to take part
 * @throws EngineError badInput for a device or a budget that there is not, internal where the device can't be used
 */
export async function measuredGpu(
  { device, budget }: GpuChoice,
  threads: number,
  { addon, log }: GpuTools,
): Promise<CostGpu | null> {
  const chosen = chooseDevice(addon.devices(), device, budget);
  if (chosen === null || chosen.budgetBytes === 0) return null;
  const rates = await deviceRates(chosen.device, threads, { addon, log, cache: defaultRatesCache() });
  return {
    name: chosen.device.description,
    memoryBytes: chosen.budgetBytes,
    bytesPerSecond: rates.gpuBytesPerSecond,
    productsPerSecond: null,
    syncSeconds: rates.syncSeconds,
  };
}
