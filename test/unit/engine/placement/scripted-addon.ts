/** A machine with one GPU and a model that fits it by half, as an addon tells of them. */
import type { NativeAddon, NativeModelSummary } from '../../../../extension/engine/addon.ts';
import type {
  NativeDevice,
  NativeDeviceRates,
  NativePlacementCosts,
} from '../../../../extension/engine/native-devices.ts';

const gibibyte = 2 ** 30;
export const gpu: NativeDevice = {
  name: 'Vulkan0',
  description: 'Radiant 9000',
  type: 'gpu',
  totalBytes: 8 * gibibyte,
  freeBytes: 6 * gibibyte,
};
export const rates: NativeDeviceRates = {
  gpuBytesPerSecond: 1e12,
  cpuBytesPerSecond: 5e10,
  syncSeconds: 2e-5,
};

const neurons = 1024;
export const costs: NativePlacementCosts = {
  layers: Array.from({ length: 4 }, () => ({
    attentionBytes: 60e6,
    kvBytes: 8e6,
    neuronBytes: 100e3,
    feedForwardBytes: 90e6,
    neuronGranularity: 32,
    neurons,
  })),
  headBytes: 50e6,
  scratchBytes: 20e6,
};
export const summary: NativeModelSummary = {
  architecture: 'llama',
  hiddenActivation: 'relu',
  layers: 4,
  neuronsPerLayer: neurons,
  contextLength: 2048,
  sizeBytes: 700e6,
  hybridObstacle: null,
};
export const falling = Array.from({ length: 4 }, () =>
  Float32Array.from({ length: neurons }, (_, place) => (place % 32 === 0 ? 0.9 : 0.05)),
);

export function scriptedAddon(change: Partial<NativeAddon> = {}): NativeAddon {
  const never = () => Promise.reject(new Error('not asked for'));
  return {
    initialise: () => undefined,
    loadModel: never,
    openProfiler: never,
    writeShape: never,
    measureProcessor: never,
    cancelMeasuring: () => undefined,
    devices: () => [gpu],
    fingerprint: never,
    inspectModel: () => Promise.resolve(summary),
    readProfile: () => Promise.resolve({ corpus: 'poems', tokens: 10, frequencies: falling }),
    placementCosts: () => Promise.resolve(costs),
    measureDevice: () => Promise.resolve(rates),
    fitGpuLayers: () => Promise.resolve({ layers: 3, bytes: 250e6 }),
    ...change,
  };
}
