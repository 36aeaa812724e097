/** What this machine does in a second: measured once, and kept. */
import { cpus, totalmem } from 'node:os';
import { keepMachine, keptMachine, machineFile } from '../../models/cost/machine-cache.ts';
import type { CostGpu, CostMachine } from '../../models/cost/machine.ts';
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import type { WriteLog } from '../native.ts';
import { type GpuTools, measuredGpu } from './measured-gpu.ts';

export interface MeasureTools {
  readonly addon: Pick<NativeAddon, 'measureProcessor' | 'devices' | 'measureDevice'>;
  readonly log: WriteLog;
  /** Where it is kept; in the user's cache folder when left out. */
  readonly file?: string;
}

/**
 * Takes a few seconds where nothing fresh is kept: nothing else should compute meanwhile.
 * @returns null where the measurement was cancelled
 * @throws EngineError
 */
export async function thisMachine(tools: MeasureTools): Promise<CostMachine | null> {
  return keptMachine(tools.file ?? machineFile()) ?? (await measureMachine(tools));
}

/** The same, whatever is kept. */
export async function measureMachine({ addon, log, file }: MeasureTools): Promise<CostMachine | null> {
  const rates = await addon.measureProcessor().catch((error: unknown) => {
    throw asEngineError(error);
  });
  if (rates === null) return null;
  const { cores, products, steps } = rates;
  const machine: CostMachine = {
    name: `${cpus()[0]?.model.trim() ?? 'this machine'}, ${cores} cores`,
    cores,
    memoryBytes: totalmem(),
    products,
    steps,
    gpu: await gpuOf(cores, { addon, log }),
  };
  try {
    keepMachine(machine, file ?? machineFile());
  } catch (error) {
    log('warn', `what was measured of this machine is not kept: ${asEngineError(error).message}`);
  }
  return machine;
}

/** The one that models would use without further settings. */
async function gpuOf(cores: number, tools: GpuTools): Promise<CostGpu | null> {
  try {
    return await measuredGpu({ device: null, budget: 'auto' }, cores, tools);
  } catch (error) {
    tools.log('warn', `the GPU is left out of the advice: ${asEngineError(error).message}`);
    return null;
  }
}
