/** What is known of a server's model: its name and context, nothing of its inside. */
import type { NativeDescription } from '../addon.ts';
import type { Dialect } from './dialect.ts';
import { charactersPerToken, control } from './text-tokens.ts';

/** Tokens: of a longer context nothing would be gained, and each keystroke sends it. */
const mostContext = 4_096;

export function describe({ model, contextLength }: Dialect): NativeDescription {
  const context = Math.min(contextLength ?? mostContext, mostContext);
  return {
    name: model,
    architecture: 'server',
    hiddenActivation: 'other',
    quantisation: '',
    parameters: 0,
    sizeBytes: 0,
    layers: 0,
    embeddingLength: 0,
    neuronsPerLayer: 0,
    vocabularySize: 0,
    // Of a prompt's tokens, which are characters.
    contextLength: context * charactersPerToken,
    cacheType: 'f16',
    parallel: 1,
    trainedContextLength: context,
    decoder: 'server',
    decoderReason: 'asked for',
    otherDecoder: null,
    mode: 'dense',
    kernel: null,
    threads: 0,
    profileCorpus: null,
    hotShare: 1,
    gpuShare: 0,
    device: null,
    gpuBytes: 0,
    attentionLayersOnGpu: 0,
    headOnGpu: false,
    predictor: null,
    predictorBytes: 0,
    gateBytes: 0,
    upDownBytes: 0,
    headBytesLeftOut: 0,
    fim: {
      prefix: control.prefix,
      suffix: control.suffix,
      middle: control.middle,
      order: 'psm',
      path: false,
    },
    warnings: [],
    confidenceWeights: null,
    beginningOfSequence: null,
    feedForwardBytes: 0,
    ownPredictorBytes: 0,
    lookedUpBytes: 0,
    cacheBytesPerToken: 0,
  };
}
