/**
 * What leaving neurons out costs: the next tokens and the bits per byte of each mode against dense, on text that the
 * person names. Only text the model was not trained on tells anything.
 */
import type { Mode, PredictorName } from '../../protocol/figures.ts';
import type { NativeAddon, NativeModel } from '../addon.ts';
import { asEngineError, EngineError } from '../errors.ts';
import { contenders, reasonToLeaveOut, type LeftOut } from './contenders.ts';
import { loadOptions, type ModelOptions } from './load-options.ts';
import { Progress, type OnProgress } from './progress.ts';
import { scoreOf, type Score } from './score.ts';
import { predictedBytes, textWindows } from './text-windows.ts';

export interface TextOptions extends ModelOptions {
  readonly texts: readonly string[];
  /** At most so many of each text. */
  readonly tokens: number;
  readonly onProgress: OnProgress;
}

export interface QualityOptions extends TextOptions {
  /** null: all but dense that the model allows. */
  readonly modes: readonly Mode[] | null;
}

export interface QualityRow {
  readonly mode: Mode;
  readonly predictor: PredictorName | null;
  readonly predictorBytes: number;
  /** Tokens predicted, and the bytes of their text. */
  readonly tokens: number;
  readonly bytes: number;
  /** Share of positions at which the most probable next token is dense mode's; 1 for dense itself. */
  readonly agreement: number;
  readonly bitsPerByte: number;
  /** Against dense: above 0 is worse. */
  readonly bitsPerByteChange: number;
  readonly activity: number | null;
  readonly computed: number | null;
  /** Of the cold neurons, sampled; null where none is left out. */
  readonly recall: number | null;
  /** The same for each layer, null for those without a sample; empty where none is left out. */
  readonly recallByLayer: readonly (number | null)[];
}

/** Tokens seen before a prediction: no more than this. Larger logits would not fit memory at large vocabularies. */
const windowTokens = 256;

export interface Quality {
  /** Dense first. */
  readonly rows: readonly QualityRow[];
  readonly leftOut: readonly LeftOut[];
}

/** @throws EngineError */
export async function quality(addon: NativeAddon, options: QualityOptions): Promise<Quality> {
  const progress = new Progress(options.onProgress);
  try {
    const dense = await evaluate(addon, { name: 'dense', mode: 'dense' }, options, progress);
    const modes = contenders(dense.activation, options.modes)
      .map(({ mode }) => mode)
      .filter((mode) => mode !== 'dense');
    const evaluations = [dense];
    const leftOut: LeftOut[] = [];
    for (const mode of modes) {
      try {
        evaluations.push(await evaluate(addon, { name: mode, mode }, options, progress));
      } catch (thrown) {
        leftOut.push({ mode, reason: reasonToLeaveOut(thrown, options.modes) });
      }
    }
    return { rows: evaluations.map((evaluation) => rowOf(evaluation, dense)), leftOut };
  } catch (error) {
    throw asEngineError(error);
  }
}

export type Evaluation = Awaited<ReturnType<typeof evaluate>>;

/** @throws what the addon throws */
export async function evaluate(
  addon: NativeAddon,
  { name, mode }: { readonly name: string; readonly mode: Mode },
  options: TextOptions,
  progress: Progress,
) {
  const native = await addon.loadModel(
    loadOptions({ decoder: 'hybrid', mode }, options, windowTokens),
    (fraction) => {
      progress.tell(`loading ${name}, ${(fraction * 100).toFixed(0)}%`);
    },
  );
  try {
    const { hiddenActivation, predictor, predictorBytes } = native.describe();
    const windows = options.texts.flatMap((text) =>
      textWindows(native, text, { length: windowTokens, most: options.tokens }),
    );
    if (windows.length === 0) {
      throw new EngineError('badInput', 'the texts are too short: name files of at least a few lines');
    }
    const scores = await scoresOf(native, name, windows, progress);
    const bytes = windows.reduce((sum, window) => sum + predictedBytes(native, window), 0);
    const statistics = await native.takeStatistics();
    return {
      name,
      mode,
      activation: hiddenActivation,
      predictor,
      predictorBytes,
      scores,
      bytes,
      ...statistics,
    };
  } finally {
    await native.release();
  }
}

async function scoresOf(
  native: NativeModel,
  name: string,
  windows: readonly Int32Array[],
  progress: Progress,
): Promise<Score[]> {
  const { vocabularySize } = native.describe();
  progress.expect(windows.length);
  const scores: Score[] = [];
  for (const window of windows) {
    progress.tell(`${name}, window ${scores.length + 1} of ${windows.length}`);
    scores.push(scoreOf(await native.logits(window), window, vocabularySize));
    progress.step();
  }
  return scores;
}

function rowOf(evaluation: Evaluation, dense: Evaluation): QualityRow {
  const { mode, predictor, predictorBytes, scores, bytes } = evaluation;
  const { activity, computed, recall, recallByLayer } = evaluation;
  const tokens = scores.reduce((sum, { best }) => sum + best.length, 0);
  const bitsPerByte = bitsOf(scores) / bytes;
  return {
    mode,
    predictor,
    predictorBytes,
    tokens,
    bytes,
    agreement: agreementOf(scores, dense.scores) / tokens,
    bitsPerByte,
    bitsPerByteChange: bitsPerByte - bitsOf(dense.scores) / dense.bytes,
    activity,
    computed,
    recall,
    recallByLayer,
  };
}

function bitsOf(scores: readonly Score[]): number {
  return scores.reduce((sum, { bits }) => sum + bits, 0);
}

/** Number of positions at which both name the same token. */
function agreementOf(left: readonly Score[], right: readonly Score[]): number {
  return left.reduce((sum, { best }, window) => {
    const other = right[window]?.best;
    return sum + best.filter((token, position) => token === other?.[position]).length;
  }, 0);
}
