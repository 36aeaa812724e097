/** The two ways of sharing a model between a GPU and the processor: what lies where under a budget, and what steps cost then. */
import { layersDecodeSeconds, layersPrefillSeconds, wholeLayers } from './by-layers.ts';
import { splitDecodeSeconds, splitFor, splitPrefillSeconds } from './split.ts';

/** `layers`: whole layers on the GPU, one device after the other, as llama.cpp does; `neurons`: by neuron, both at once. */
export type Sharing = 'layers' | 'neurons';

interface Ways {
  readonly split: typeof splitFor;
  readonly decodeSeconds: typeof splitDecodeSeconds;
  readonly prefillSeconds: typeof splitPrefillSeconds;
}

export const sharings: Readonly<Record<Sharing, Ways>> = {
  layers: {
    split: wholeLayers,
    decodeSeconds: layersDecodeSeconds,
    prefillSeconds: layersPrefillSeconds,
  },
  neurons: { split: splitFor, decodeSeconds: splitDecodeSeconds, prefillSeconds: splitPrefillSeconds },
};
