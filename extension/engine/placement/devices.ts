/** Which GPU to place on, and how much of it. */
import type { NativeDevice } from '../native-devices.ts';
import { EngineError } from '../errors.ts';
import { type GpuBudget, memorySize } from './budget.ts';

export interface ChosenDevice {
  readonly device: NativeDevice;
  readonly budgetBytes: number;
}

/** Left to the desktop and to other programs, besides a share of the device's memory. */
const marginBytes = 512 * 2 ** 20;
const marginShare = 1 / 20;

/**
 * @param name as ggml names it or as its maker does; null: the first GPU with memory of its own, for an integrated one reads
 *   from the same memory as the CPU, and a software renderer is one
 * @returns null where nothing is to be placed: the budget is 0, or `auto` on a machine without a GPU
 * @throws EngineError badInput
 */
export function chooseDevice(
  devices: readonly NativeDevice[],
  name: string | null,
  budget: GpuBudget,
): ChosenDevice | null {
  if (budget === 0) return null;
  const device = name === null ? firstGpu(devices, budget) : named(devices, name);
  if (device === null) return null;
  if (budget === 'auto') return { device, budgetBytes: freeBytes(device) };
  if (!Number.isSafeInteger(budget) || budget < 0) {
    throw new EngineError('badInput', 'the GPU budget must be a whole number of bytes, or auto');
  }
  if (budget > device.totalBytes) {
    throw new EngineError(
      'badInput',
      `a GPU budget of ${memorySize(budget)} is more than the ${memorySize(device.totalBytes)} of ${device.description}: give less, or auto`,
    );
  }
  return { device, budgetBytes: budget };
}

function firstGpu(devices: readonly NativeDevice[], budget: GpuBudget): NativeDevice | null {
  const found = devices.find(({ type }) => type === 'gpu');
  if (found !== undefined) return found;
  if (budget === 'auto') return null;
  const others = devices.map(({ name, description }) => `${name} (${description})`).join(', ');
  throw new EngineError(
    'badInput',
    others === ''
      ? 'there is no GPU that a GPU budget could be spent on: leave it out, or install the GPU driver'
      : `there is no GPU with memory of its own: leave the GPU budget out, or name a device to use all the same: ${others}`,
  );
}

function named(devices: readonly NativeDevice[], name: string): NativeDevice {
  const found = devices.find((device) => device.name === name || device.description === name);
  if (found !== undefined) return found;
  const known = devices.map((device) => device.name).join(', ');
  throw new EngineError(
    'badInput',
    `there is no device ${name}: ${known === '' ? 'this machine has no GPU that ggml can use' : `choose one of ${known}`}`,
  );
}

function freeBytes({ freeBytes: free, totalBytes }: NativeDevice): number {
  return Math.max(0, Math.floor(free - marginBytes - totalBytes * marginShare));
}
