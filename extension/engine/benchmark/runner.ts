/** One contender with its model loaded, and one round of it. */
import type {
  NativeAddon,
  NativeDescription,
  NativeGenerateOptions,
  NativeModel,
  NativeTraceEvent,
} from '../addon.ts';
import { nameOf, type Contender } from './contenders.ts';
import { gpuShareOf, type GpuOptions, type GpuShare } from './gpu-share.ts';
import { loadOptions, type ModelOptions } from './load-options.ts';
import { ownMemory } from './own-memory.ts';
import type { BandwidthMeter } from './read-bandwidth.ts';
import { spread } from './statistics.ts';

export interface RunOptions extends ModelOptions, GpuOptions {
  readonly promptTokens: number;
  /** Tokens to decode in each round. */
  readonly tokens: number;
  /**
   * @param fraction of all rounds, between 0 and 1
   * @param doing what is measured or loaded now
   */
  readonly onProgress: (fraction: number, doing: string) => void;
  /** Tokens are the most probable ones, as in the editor; else they are sampled. */
  readonly isGreedy: boolean;
  /** Keeps when each device computed what, which costs a little time; false when left out. */
  readonly trace?: boolean;
}

/** What one round gave: tokens per second, and shares of all neurons that are null where the decoder does not look. */
export interface Round {
  readonly prefill: number;
  readonly decode: number;
  readonly activity: number | null;
  readonly computed: number | null;
  readonly recall: number | null;
  /** Milliseconds of a pass over each of {@link tokensAtOnce}, behind the prompt. */
  readonly passMs: readonly number[];
  /** Bytes per second from main memory: the mean of right before and right after decoding. */
  readonly readBandwidth: number;
  /** See {@link NativeDescription}. */
  readonly headBytesLeftOut: number;
}

/** `decode`: tokens per second behind the first. */
export interface Completion {
  readonly firstTokenMs: number;
  readonly decode: number;
}

/** Verifying drafts computes several tokens at once. */
export const tokensAtOnce = [1, 2, 4, 6, 8] as const;
/** There and back. */
const passRounds = 2;

/** Prefilled before the first round, to have every page of the weights in memory. */
const warmUpPromptTokens = 32;

/** What loading took. */
export interface LoadCost {
  readonly seconds: number;
  /** Memory that it took and shares with nobody; null where the system does not tell. */
  readonly ownBytes: number | null;
}

interface Loaded {
  readonly native: NativeModel;
  readonly gpu: GpuShare | null;
  readonly load: LoadCost;
}

export class Runner {
  readonly contender: Contender;
  readonly description: NativeDescription;
  readonly load: LoadCost;
  /** null: everything lies in main memory. */
  readonly gpu: GpuShare | null;
  readonly #native: NativeModel;
  readonly #options: RunOptions;

  /** llama.cpp computes SiLU in place of other activations: of the same shape and cost, wrong in its text. */
  static async open(
    addon: NativeAddon,
    contender: Contender,
    options: RunOptions,
    onProgress: (fraction: number) => void,
  ): Promise<Runner> {
    const common = loadOptions(contender, options, options.promptTokens + roomBehindPrompt(options));
    const ignoreHiddenActivation = contender.decoder === 'llama.cpp';
    const gpu = await gpuShareOf(addon, common, options);
    const { trace = false } = options;
    const placed = { ...common, ...gpu?.load, ignoreHiddenActivation, trace };
    const before = ownMemory();
    const start = performance.now();
    const native = await addon.loadModel(placed, onProgress);
    const seconds = (performance.now() - start) / 1000;
    const after = ownMemory();
    const ownBytes = before === null || after === null ? null : after - before;
    return new Runner(contender, { native, gpu, load: { seconds, ownBytes } }, options);
  }

  private constructor(contender: Contender, { native, gpu, load }: Loaded, options: RunOptions) {
    this.contender = contender;
    this.description = native.describe();
    this.load = load;
    this.gpu = gpu;
    this.#native = native;
    this.#options = options;
  }

  async warmUp(): Promise<void> {
    const { promptTokens, tokens } = this.#options;
    await this.#generate(0, Math.min(warmUpPromptTokens, promptTokens), tokens);
  }

  /**
   * Prefills and decodes apart, so that a long prompt does not come between decoding and the bandwidth it is held
   * against: the second time, the KV cache holds the prompt but for its last token.
   * @param round above 0, tells apart prompts and random numbers: the same ones for every contender
   */
  async round(round: number, meter: Pick<BandwidthMeter, 'measure'>): Promise<Round> {
    const { promptTokens, tokens } = this.#options;
    const prefilled = await this.#generate(round, promptTokens, 1);
    const before = await meter.measure();
    const decoded = await this.#generate(round, promptTokens, tokens);
    const after = await meter.measure();
    const { headBytesLeftOut } = this.#native.describe();
    const passMs = await this.#passMs(round);
    const { activity, computed, recall } = decoded;
    return {
      prefill: ((prefilled.promptTokens - prefilled.cachedTokens) * 1000) / prefilled.prefillMs,
      decode: ((decoded.tokens.length - 1) * 1000) / decoded.decodeMs,
      activity,
      computed,
      recall,
      passMs,
      readBandwidth: (before + after) / 2,
      headBytesLeftOut,
    };
  }

  /**
   * A completion whole, with a prompt of which nothing is held.
   * @param round above 0, another one in every call: it tells apart prompts
   */
  async completion(round: number): Promise<Completion> {
    const { promptTokens, tokens } = this.#options;
    const { timeToFirstTokenMs, decodeMs } = await this.#generate(round, promptTokens, tokens);
    return { firstTokenMs: timeToFirstTokenMs, decode: ((tokens - 1) * 1000) / decodeMs };
  }

  /** Of decoding alone: when the same tokens are asked for again, their prompt is in the KV cache. */
  async decodeTrace(): Promise<NativeTraceEvent[]> {
    await this.warmUp();
    await this.#native.takeTrace();
    await this.warmUp();
    return await this.#native.takeTrace();
  }

  /** Settles once its memory is free for another. */
  async close(): Promise<void> {
    await this.#native.release();
  }

  /** The median of each. */
  async #passMs(round: number): Promise<number[]> {
    const prompt = promptOf(this.description.vocabularySize, round, this.#options.promptTokens);
    const took = await this.#native.passMilliseconds(prompt, Int32Array.from(tokensAtOnce), passRounds);
    return tokensAtOnce.map(
      (_, place) => spread([...took.filter((_ms, index) => index % tokensAtOnce.length === place)]).median,
    );
  }

  async #generate(round: number, promptTokens: number, tokens: number) {
    const prompt = promptOf(this.description.vocabularySize, round, promptTokens);
    const sampled = generateOptions(tokens, round);
    const options = this.#options.isGreedy ? greedy(sampled) : sampled;
    return await this.#native.generate(prompt, options, () => undefined);
  }
}

function roomBehindPrompt({ tokens }: RunOptions): number {
  return Math.max(tokens, ...tokensAtOnce);
}

/** For the progress bar. */
export function loadingText(contender: Contender, fraction: number): string {
  return `loading ${nameOf(contender)}, ${(fraction * 100).toFixed(0)}%`;
}

/** Differs from its first token on, so that no round finds another's KV cache. */
export function promptOf(vocabularySize: number, round: number, length: number): Int32Array {
  const firstTextToken = 300;
  const span = Math.max(1, vocabularySize - firstTextToken);
  return Int32Array.from({ length }, (_, index) => {
    const token = firstTextToken + ((index * 7919 + round * 104_729) % span);
    return Math.min(token, vocabularySize - 1);
  });
}

/** A token at a time, whatever could be drafted. */
export function greedy(options: NativeGenerateOptions): NativeGenerateOptions {
  return { ...options, temperature: 0, draft: false };
}

/** Sampled: a model of random weights repeats one token when greedy, and with it the same few neurons. */
export function generateOptions(maxTokens: number, seed: number): NativeGenerateOptions {
  return {
    maxTokens,
    maxLines: 0,
    maxMilliseconds: 0,
    temperature: 1,
    topK: 40,
    topP: 1,
    minP: 0,
    seed,
    ignoreEndOfText: true,
  };
}
