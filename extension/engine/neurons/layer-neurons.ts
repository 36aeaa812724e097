/** Use case: which neurons a loaded model has, how often they fire, and where they are. */
import type { NeuronsResult } from '../../protocol/requests.ts';
import type { NativeAddon } from '../addon.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { hotCount } from './read-share.ts';
import { sortedFrequencies } from './sorted-frequencies.ts';

/** @throws EngineError */
export async function layerNeurons(
  model: Pick<LoadedModel, 'path' | 'profilePath' | 'split' | 'native'>,
  addon: Pick<NativeAddon, 'readProfile'>,
): Promise<NeuronsResult> {
  // Not the description from the load: the GPU may have been lost since.
  const { layers, neuronsPerLayer, mode, device } = model.native.describe();
  const frequencies = await sortedFrequencies(model, addon);
  const { hotThreshold, onGpu } = model.split;
  return {
    neuronsPerLayer,
    layers: Array.from({ length: layers }, (_, layer) => {
      const gpu = device === null ? 0 : (onGpu[layer] ?? 0);
      const counted = frequencies?.[layer] ?? null;
      // What lies on the GPU is computed for every token, however seldom it fires.
      const hot = Math.max(gpu, counted === null ? 0 : hotCount(counted, hotThreshold));
      return { hot: mode === 'dense' ? neuronsPerLayer : hot, gpu, frequencies: inBytes(counted) };
    }),
  };
}

function inBytes(frequencies: Float32Array | null): string | null {
  if (frequencies === null) return null;
  return Buffer.from(Uint8Array.from(frequencies, (frequency) => Math.round(frequency * 255))).toString(
    'base64',
  );
}
