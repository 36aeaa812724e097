/** What the protocol tells of a loaded model. */
import type { ModelFigures, NeuronSplit } from '../../protocol/figures.ts';
import type { NativeDescription, NativeGeneration } from '../addon.ts';
import { repositoryTokens } from '../completion/prompt/repository-context.ts';
import type { LoadedModel } from './load-model.ts';

/** @param last what the neurons did in the last completion; null before the first */
export function neuronSplit(
  description: NativeDescription,
  last: Pick<NativeGeneration, 'activity' | 'recall'> | null,
): NeuronSplit {
  return {
    hot: description.hotShare,
    cold: 1 - description.hotShare,
    gpu: description.gpuShare,
    cpu: 1 - description.gpuShare,
    activity: last?.activity ?? null,
    recall: last?.recall ?? null,
  };
}

/** @param insteadOfServer why a server that is to complete does not; null: none is to, or it does */
export function modelFigures(model: LoadedModel, insteadOfServer: string | null = null): ModelFigures {
  const { description } = model;
  const isServer = description.decoder === 'server';
  return {
    path: model.path,
    name: description.name,
    architecture: description.architecture,
    hiddenActivation: description.hiddenActivation,
    quantisation: description.quantisation,
    parameters: description.parameters,
    sizeBytes: description.sizeBytes,
    layers: description.layers,
    neuronsPerLayer: description.neuronsPerLayer,
    contextLength: isServer ? description.trainedContextLength : description.contextLength,
    decoder: description.decoder,
    decoderReason: description.decoderReason,
    mode: description.mode,
    kernel: description.kernel,
    fimOrder: description.fim?.order ?? null,
    readsOtherFiles: repositoryTokens(model.native) !== null,
    warnings: description.warnings,
    server: isServer ? model.path : null,
    insteadOfServer,
    isCalibrated: model.calibration.isMeasured,
    profileCorpus: description.profileCorpus,
    predictor: description.predictor,
    device: description.device,
    gpuBytes: description.gpuBytes,
    attentionLayersOnGpu: description.attentionLayersOnGpu,
    headOnGpu: description.headOnGpu,
    neuronSplit: neuronSplit(description, null),
  };
}
