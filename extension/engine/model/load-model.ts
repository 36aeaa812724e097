/** Use case: turn load parameters into a loaded native model. */
import type { LocalDecoderName } from '../../protocol/figures.ts';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { NativeAddon, NativeDescription, NativeLoadOptions, NativeModel } from '../addon.ts';
import { asEngineError, EngineError } from '../errors.ts';
import { embeddedModelPath, predictorsPath } from '../installation.ts';
import type { WriteLog } from '../native.ts';
import { chooseProfile } from '../profile/profile-store.ts';
import { type FileVersion, fileVersion } from './file-version.ts';
import { calibrationOf, type ConfidenceCalibration } from './confidence-calibration.ts';
import { keptDecoder, reasonFor } from './measured-decoder.ts';
import { placementFor } from './placement-for.ts';
import { firstPartOf } from './split-model.ts';

/** A model ready to complete with. */
export interface LoadedModel {
  readonly path: string;
  /** By whose frequencies the neurons are ordered; null: they are in the model's own order. */
  readonly profilePath: string | null;
  readonly split: LoadedSplit;
  /** null: it was gone before it could be looked at. */
  readonly file: FileVersion | null;
  readonly native: NativeModel;
  readonly description: NativeDescription;
  readonly calibration: ConfidenceCalibration;
}

/** What decided who is hot, and on which device. */
export interface LoadedSplit {
  /** θ */
  readonly hotThreshold: number;
  /** Neurons of each layer, from the front of the order; empty where none was placed on a GPU. */
  readonly onGpu: readonly number[];
}

interface Placed {
  readonly native: NativeModel;
  readonly onGpu: readonly number[];
}

export interface LoadModelTools {
  readonly addon: NativeAddon;
  /** Folder of the installation, for the embedded model. */
  readonly root: string;
  readonly log: WriteLog;
  /** Folder of the person's own profiles; none when left out. */
  readonly storage?: string;
  /** The file that keeps measured device rates; one in the user's cache folder when left out. */
  readonly ratesCache?: string;
  /** See {@link NativeLoadOptions.parallel}; 1 when left out. */
  readonly parallel?: number;
  /** @param fraction between 0 and 1 */
  readonly onProgress: (fraction: number) => void;
}

const smallestContext = 64;
const mostThreads = 512;

/**
 * Loads the model with the person's own profile of it, or with the one that lies beside it. A profile that does not belong to the model costs the split,
 * not the model: it is loaded without, and the log says so.
 * @throws EngineError
 */
export async function loadModel(params: LoadModelParams, tools: LoadModelTools): Promise<LoadedModel> {
  check(params);
  const path = firstPartOf(params.path ?? embeddedModelPath(tools.root));
  const options: NativeLoadOptions = {
    path,
    decoder: params.decoder,
    measuredDecoder: params.decoder === 'auto' ? await measuredDecoder(path, params, tools) : null,
    mode: params.mode,
    profilePath: await chooseProfile(path, { ...tools, storage: tools.storage ?? null }),
    predictorsPath: predictorsPath(path),
    predictor: params.predictor ?? 'auto',
    hotThreshold: params.hotThreshold,
    selection: params.selection ?? 'gate',
    threshold: params.threshold ?? { by: 'share', at: params.coldSparsity ?? 0.5 },
    verify: params.verify ?? 0,
    correct: params.correct ?? 0,
    contextLength: params.contextLength,
    cacheType: params.cacheType ?? 'f16',
    parallel: tools.parallel ?? 1,
    threads: params.threads,
    kernel: 'auto',
    trace: params.trace ?? false,
  };
  const file = fileVersion(path);
  const { native, onGpu } = await loadWithOrWithoutProfile({ options, params }, tools);
  const description = native.describe();
  for (const warning of description.warnings) tools.log('warn', `${path}: ${warning}`);
  const isOrdered = description.profileCorpus !== null && options.selection !== 'product';
  const profilePath = isOrdered ? options.profilePath : null;
  const split = { hotThreshold: params.hotThreshold, onGpu };
  return { path, profilePath, split, file, native, description, calibration: calibrationOf(description) };
}

async function measuredDecoder(
  path: string,
  { threads }: LoadModelParams,
  tools: LoadModelTools,
): Promise<{ decoder: LocalDecoderName; reason: string } | null> {
  try {
    const kept = await keptDecoder({ path, threads }, tools);
    return kept === null ? null : { decoder: kept.decoder, reason: reasonFor(kept) };
  } catch {
    return null; // a file that can't be read is refused by who loads it
  }
}

interface Attempt {
  readonly options: NativeLoadOptions;
  readonly params: LoadModelParams;
}

async function loadWithOrWithoutProfile(attempt: Attempt, tools: LoadModelTools): Promise<Placed> {
  try {
    return await loadPlaced(attempt, tools);
  } catch (thrown) {
    const error = asEngineError(thrown);
    const mayBeProfile = error.kind === 'badInput' || error.kind === 'badModel';
    if (attempt.options.profilePath === null || !mayBeProfile) throw error;
    return await loadWithoutProfile(attempt, tools, error);
  }
}

/** Succeeds only where the profile was to blame: a broken model is refused again, with its own message. */
async function loadWithoutProfile(
  { options, params }: Attempt,
  tools: LoadModelTools,
  reason: EngineError,
): Promise<Placed> {
  try {
    const placed = await loadPlaced({ options: { ...options, profilePath: null }, params }, tools);
    tools.log('warn', `the profile beside the model is not used: ${reason.message}`);
    return placed;
  } catch (thrown) {
    throw asEngineError(thrown);
  }
}

async function loadPlaced({ options, params }: Attempt, tools: LoadModelTools): Promise<Placed> {
  const { placement, gpuLayers } = await placementFor(options, params, tools);
  const native = await tools.addon.loadModel({ ...options, placement, gpuLayers }, tools.onProgress);
  return { native, onGpu: placement?.layers.map(({ hotNeurons }) => hotNeurons) ?? [] };
}

function check(params: LoadModelParams): void {
  if (params.path === '') throw new EngineError('badInput', 'the model path is empty: name a GGUF file');
  if (!Number.isInteger(params.contextLength) || params.contextLength < smallestContext) {
    throw new EngineError(
      'badInput',
      `the context length must be a whole number of at least ${smallestContext}`,
    );
  }
  if (!Number.isInteger(params.threads) || params.threads < 0 || params.threads > mostThreads) {
    throw new EngineError(
      'badInput',
      `threads must be a whole number between 0 (automatic) and ${mostThreads}`,
    );
  }
  if (!(params.hotThreshold >= 0 && params.hotThreshold <= 1)) {
    throw new EngineError('badInput', 'the hot threshold must be a number between 0 and 1');
  }
  const sparsity = params.coldSparsity ?? 0;
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new EngineError('badInput', 'the cold sparsity must be a number between 0 and 1');
  }
}
