/** What a contender puts on a GPU within the budget that all of them get. */
import { statSync } from 'node:fs';
import type { NativeAddon, NativeLoadOptions } from '../addon.ts';
import type { GpuBudget } from '../placement/budget.ts';
import { planPlacement, type Plan } from '../placement/plan.ts';
import { defaultRatesCache } from '../machine/rates-file.ts';
import { deviceRates } from '../placement/rates-cache.ts';
import type { PartBytes } from './byte-traffic.ts';

export interface GpuOptions {
  /** 0: nothing on a GPU. */
  readonly gpuBudget: GpuBudget;
  /** null: the best GPU. */
  readonly device: string | null;
}

export interface GpuShare {
  readonly load: Pick<NativeLoadOptions, 'placement' | 'gpuLayers'>;
  readonly budgetBytes: number;
  /** Of the device. */
  readonly totalBytes: number;
  /** Of its memory. */
  readonly bytesPerSecond: number;
  readonly parts: PartBytes;
}

/**
 * The hybrid decoder's placement, or as many of llama.cpp's layers as fit.
 * @returns null: everything lies in main memory
 * @throws EngineError
 */
export async function gpuShareOf(
  addon: NativeAddon,
  options: NativeLoadOptions,
  { gpuBudget, device: name }: GpuOptions,
): Promise<GpuShare | null> {
  if (gpuBudget === 0) return null;
  const tools = { addon, log: () => undefined, ratesCache: defaultRatesCache() };
  const request = { ...options, gpuBudget, device: name, predictorBytes: predictorBytes(options) };
  const plan = await planPlacement(request, tools);
  if (plan === null) return null;
  const { device } = plan;
  const rates = await deviceRates(device, options.threads, { ...tools, cache: tools.ratesCache });
  const costs = await addon.placementCosts(options.path, options.contextLength, device.name);
  return {
    load: loadOf(plan),
    budgetBytes: plan.budgetBytes,
    totalBytes: device.totalBytes,
    bytesPerSecond: rates.gpuBytesPerSecond,
    parts: { attention: costs.layers[0]?.attentionBytes ?? 0, head: costs.headBytes },
  };
}

function predictorBytes({ predictorsPath, predictor }: NativeLoadOptions): number {
  const isLearned = typeof predictorsPath === 'string' && predictor !== 'sign';
  return isLearned ? statSync(predictorsPath).size : 0;
}

function loadOf(plan: Plan): GpuShare['load'] {
  return plan.decoder === 'hybrid' ? { placement: plan.placement } : { gpuLayers: plan.gpuLayers };
}
