/**
 * Speed of the decoders on one model, each measured in turn in every round, so that whatever else the machine does
 * meets all of them alike. Only the ratios carry over to another machine.
 */
import type { DecoderName, Mode } from '../../protocol/figures.ts';
import type { NativeAddon, NativeDescription, NativeGenerateOptions, NativeModel } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { profilePath } from '../installation.ts';
import { bytesPerToken } from './byte-traffic.ts';
import { measureReadBandwidth } from './read-bandwidth.ts';
import { type Spread, spread } from './statistics.ts';

export interface BenchmarkOptions {
  readonly model: string;
  /** 0: one per physical core. */
  readonly threads: number;
  readonly hotThreshold: number;
  readonly promptTokens: number;
  /** Tokens to decode in each round. */
  readonly tokens: number;
  readonly rounds: number;
  /** @param fraction between 0 and 1 */
  readonly onProgress: (fraction: number) => void;
}

/** One line of the result; rates are medians over the rounds. */
export interface BenchmarkRow {
  readonly decoder: DecoderName;
  readonly mode: Mode;
  readonly shape: string;
  readonly quant: string;
  readonly threads: number;
  /** Bytes; 0: nothing on a GPU. */
  readonly gpuBudget: number;
  readonly activity: number | null;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  /** Half the distance between the quartiles of decodeTokensPerSecond. */
  readonly decodeDeviation: number;
  /** Median over the rounds of the ratio within each round. */
  readonly ratioToLlamaCpp: number;
  readonly bytesPerToken: number;
  /** Bytes read per second as a share of what main memory gave in the same run; a model in the cache may exceed it. */
  readonly shareOfByteLimit: number;
}

interface Contender {
  readonly decoder: DecoderName;
  readonly mode: Mode;
}

/** llama.cpp first: the others are measured against it. */
const contenders: readonly Contender[] = [
  { decoder: 'llama.cpp', mode: 'dense' },
  { decoder: 'hybrid', mode: 'dense' },
  { decoder: 'hybrid', mode: 'exact' },
];

interface Runner {
  readonly native: NativeModel;
  readonly description: NativeDescription;
  readonly prefill: number[];
  readonly decode: number[];
  readonly activities: number[];
}

/** @throws EngineError */
export async function benchmark(addon: NativeAddon, options: BenchmarkOptions): Promise<BenchmarkRow[]> {
  const runners: Runner[] = [];
  try {
    for (const contender of contenders) runners.push(await openRunner(addon, contender, options));
    await measure(runners, options);
    const reference = runners[0];
    if (reference === undefined) return [];
    const bandwidth = await measureReadBandwidth(reference.description.threads);
    return runners.map((runner) => rowOf(runner, reference, options, bandwidth));
  } catch (error) {
    throw asEngineError(error);
  } finally {
    for (const { native } of runners) native.dispose();
  }
}

async function openRunner(
  addon: NativeAddon,
  contender: Contender,
  options: BenchmarkOptions,
): Promise<Runner> {
  const isExact = contender.mode === 'exact';
  const native = await addon.loadModel(
    {
      ...contender,
      path: options.model,
      profilePath: isExact ? profilePath(options.model) : null,
      hotThreshold: options.hotThreshold,
      contextLength: options.promptTokens + options.tokens,
      threads: options.threads,
      kernel: 'auto',
      ignoreHiddenActivation: contender.decoder === 'llama.cpp',
    },
    () => undefined,
  );
  return { native, description: native.describe(), prefill: [], decode: [], activities: [] };
}

/** The first round warms up and does not count. */
async function measure(runners: readonly Runner[], options: BenchmarkOptions): Promise<void> {
  const steps = (options.rounds + 1) * runners.length;
  let done = 0;
  for (let round = 0; round <= options.rounds; round++) {
    for (const runner of runners) {
      await measureOnce(runner, round, options);
      options.onProgress(++done / steps);
    }
  }
}

async function measureOnce(runner: Runner, round: number, options: BenchmarkOptions): Promise<void> {
  const { native, description } = runner;
  const prompt = promptOf(description, round, options.promptTokens);
  const result = await native.generate(prompt, generateOptions(options.tokens), () => undefined);
  if (round === 0) return;

  runner.prefill.push(((result.promptTokens - result.cachedTokens) * 1000) / result.prefillMs);
  runner.decode.push(((result.tokens.length - 1) * 1000) / result.decodeMs);
  if (result.activity !== null) runner.activities.push(result.activity);
}

/** Differs from its first token on, so that no round finds another's KV cache. */
function promptOf({ vocabularySize }: NativeDescription, round: number, length: number): Int32Array {
  const firstTextToken = 300;
  const span = Math.max(1, vocabularySize - firstTextToken);
  return Int32Array.from({ length }, (_, index) => {
    const token = firstTextToken + ((index * 7919 + round * 104_729) % span);
    return Math.min(token, vocabularySize - 1);
  });
}

function generateOptions(maxTokens: number): NativeGenerateOptions {
  return {
    maxTokens,
    maxLines: 0,
    maxMilliseconds: 0,
    temperature: 0,
    topK: 40,
    topP: 0.95,
    minP: 0.05,
    seed: 0,
    ignoreEndOfText: true,
  };
}

function rowOf(
  runner: Runner,
  reference: Runner,
  options: BenchmarkOptions,
  bandwidth: number,
): BenchmarkRow {
  const { description } = runner;
  const activity = runner.activities.length === 0 ? null : spread(runner.activities).median;
  const decode = spread(runner.decode);
  const bytes = bytesPerToken(description, activity, options.promptTokens + options.tokens / 2);
  return {
    decoder: description.decoder,
    mode: description.mode,
    shape: shapeOf(description),
    quant: description.quantisation,
    threads: description.threads,
    gpuBudget: 0,
    activity,
    prefillTokensPerSecond: spread(runner.prefill).median,
    decodeTokensPerSecond: decode.median,
    decodeDeviation: decode.deviation,
    ratioToLlamaCpp: ratio(runner.decode, reference.decode).median,
    bytesPerToken: bytes,
    shareOfByteLimit: (bytes * decode.median) / bandwidth,
  };
}

function ratio(rates: readonly number[], references: readonly number[]): Spread {
  return spread(rates.map((rate, round) => rate / (references[round] ?? NaN)));
}

/** Layers x embedding length x neurons per layer. */
function shapeOf({ layers, embeddingLength, neuronsPerLayer }: NativeDescription): string {
  return `${String(layers)}x${String(embeddingLength)}x${String(neuronsPerLayer)}`;
}
