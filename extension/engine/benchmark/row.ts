/** One line of a benchmark's result, from the rounds of one contender. */
import type { DecoderName, Mode, PredictorName } from '../../protocol/figures.ts';
import type { NativeDescription } from '../addon.ts';
import { bytesPerToken, type NeuronTraffic, type Traffic } from './byte-traffic.ts';
import type { GpuShare } from './gpu-share.ts';
import { tokensAtOnce, type LoadCost, type Round, type RunOptions } from './runner.ts';
import { spread, type Spread } from './statistics.ts';

/** Rates are medians over the rounds; deviations are half the distance between the quartiles. */
export interface BenchmarkRow {
  readonly decoder: DecoderName;
  readonly mode: Mode;
  /** Name of the synthetic shape, else layers x embedding length x neurons per layer. */
  readonly shape: string;
  readonly quant: string;
  readonly threads: number;
  /** Of the first time that it was loaded in this run. */
  readonly loadSeconds: number;
  /** Memory that loading took and that is shared with no other process; null where the system does not tell. */
  readonly ownBytes: number | null;
  /** Bytes; 0: nothing on a GPU. */
  readonly gpuBudget: number;
  /** The GPU's name; null without one. */
  readonly device: string | null;
  /** What ggml allocated there. */
  readonly gpuBytes: number;
  /** Share of all neurons that fired; null where the decoder does not look. */
  readonly activity: number | null;
  /** Share of all neurons whose gate was computed. */
  readonly computed: number | null;
  readonly recall: number | null;
  readonly predictor: PredictorName | null;
  readonly predictorBytes: number;
  readonly prefillTokensPerSecond: number;
  readonly prefillDeviation: number;
  readonly decodeTokensPerSecond: number;
  readonly decodeDeviation: number;
  /** Median over the rounds of the ratio within each round. */
  readonly ratioToLlamaCpp: number;
  readonly ratioDeviation: number;
  readonly prefillRatioToLlamaCpp: number;
  /** Must be read for one token: weights and KV cache. */
  readonly bytesPerToken: number;
  /** Those of them that lie on the GPU. */
  readonly gpuBytesPerToken: number;
  /** Bytes per second that main memory gave around this contender's own decoding, read by as many threads. */
  readonly readBandwidth: number;
  /** The GPU's; null without one. */
  readonly gpuReadBandwidth: number | null;
  /**
   * Median over the rounds of decode rate · bytes per token ÷ bandwidth within each round, of the memory that takes
   * longer: both can be read at the same time. A model in the processor's cache may exceed 1.
   */
  readonly shareOfByteLimit: number;
  readonly shareDeviation: number;
  /** What several tokens at once cost, as drafts do, behind the prompt. */
  readonly passes: readonly PassRow[];
}

export interface PassRow {
  readonly tokens: number;
  /** Median over the rounds. */
  readonly milliseconds: number;
  /** To one token's, median over the rounds of the ratio within each round. */
  readonly ratio: number;
  readonly ratioDeviation: number;
}

/** A contender's rounds, in order. */
export interface Series {
  readonly description: NativeDescription;
  readonly load: LoadCost;
  readonly gpu: GpuShare | null;
  readonly rounds: readonly Round[];
}

export interface RowContext extends Pick<RunOptions, 'promptTokens' | 'tokens'> {
  /** llama.cpp's, of the same rounds. */
  readonly reference: Series;
  readonly shape: string | null;
}

/** Both series hold at least one round. */
export function rowOf({ description, load, gpu, rounds }: Series, context: RowContext): BenchmarkRow {
  const activity = medianOf(rounds, 'activity');
  const computed = medianOf(rounds, 'computed');
  const decode = spread(rounds.map((round) => round.decode));
  const prefill = spread(rounds.map((round) => round.prefill));
  const ratio = ratios(rounds, context.reference.rounds, 'decode');
  const position = context.promptTokens + context.tokens / 2;
  const traffic = (round: NeuronTraffic & Pick<Round, 'headBytesLeftOut'>) =>
    bytesPerToken(
      { ...description, headBytesLeftOut: round.headBytesLeftOut },
      round,
      position,
      gpu?.parts ?? null,
    );
  const headBytesLeftOut = spread(rounds.map((round) => round.headBytesLeftOut)).median;
  const bytes = traffic({ activity, computed, headBytesLeftOut });
  const share = spread(rounds.map((round) => round.decode * leastSeconds(traffic(round), round, gpu)));
  return {
    decoder: description.decoder,
    mode: description.mode,
    shape: context.shape ?? shapeOf(description),
    quant: description.quantisation,
    threads: description.threads,
    loadSeconds: load.seconds,
    ownBytes: load.ownBytes,
    gpuBudget: gpu?.budgetBytes ?? 0,
    device: description.device,
    gpuBytes: description.gpuBytes,
    activity,
    computed,
    recall: medianOf(rounds, 'recall'),
    predictor: description.predictor,
    predictorBytes: description.predictorBytes,
    prefillTokensPerSecond: prefill.median,
    prefillDeviation: prefill.deviation,
    decodeTokensPerSecond: decode.median,
    decodeDeviation: decode.deviation,
    ratioToLlamaCpp: ratio.median,
    ratioDeviation: ratio.deviation,
    prefillRatioToLlamaCpp: ratios(rounds, context.reference.rounds, 'prefill').median,
    bytesPerToken: bytes.mainMemory + bytes.gpu,
    gpuBytesPerToken: bytes.gpu,
    readBandwidth: spread(rounds.map((round) => round.readBandwidth)).median,
    gpuReadBandwidth: gpu?.bytesPerSecond ?? null,
    shareOfByteLimit: share.median,
    shareDeviation: share.deviation,
    passes: passRows(rounds),
  };
}

function passRows(rounds: readonly Round[]): PassRow[] {
  return tokensAtOnce.map((tokens, place) => {
    const ratio = spread(rounds.map(({ passMs }) => (passMs[place] ?? NaN) / (passMs[0] ?? NaN)));
    const { median } = spread(rounds.map(({ passMs }) => passMs[place] ?? NaN));
    return { tokens, milliseconds: median, ratio: ratio.median, ratioDeviation: ratio.deviation };
  });
}

/** What reading one token's bytes takes at the least. */
function leastSeconds({ mainMemory, gpu: onGpu }: Traffic, { readBandwidth }: Round, gpu: GpuShare | null) {
  return Math.max(mainMemory / readBandwidth, onGpu / (gpu?.bytesPerSecond ?? Infinity));
}

function ratios(rounds: readonly Round[], reference: readonly Round[], rate: 'decode' | 'prefill'): Spread {
  return spread(rounds.map((round, index) => round[rate] / (reference[index]?.[rate] ?? NaN)));
}

function medianOf(rounds: readonly Round[], share: 'activity' | 'computed' | 'recall'): number | null {
  const values = rounds.map((round) => round[share]).filter((value) => value !== null);
  return values.length === 0 ? null : spread(values).median;
}

function shapeOf({ layers, embeddingLength, neuronsPerLayer }: NativeDescription): string {
  return `${String(layers)}x${String(embeddingLength)}x${String(neuronsPerLayer)}`;
}
