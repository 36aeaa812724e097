/** How fast a loaded model computes on this machine, as measured while it completes. */
import type { NativeDescription, NativeGeneration, NativeModel } from '../addon.ts';
import { cancelling } from './cancelling.ts';
import { decodeRate } from './decode-rate.ts';
import { generate } from './generate.ts';
import { trialGeneration } from './trial-generation.ts';

/** Tokens per millisecond. */
interface Pace {
  readonly prefill: number;
  readonly decode: number;
}

type Measured = Pick<
  NativeGeneration,
  | 'tokens'
  | 'endProbability'
  | 'passes'
  | 'promptTokens'
  | 'cachedTokens'
  | 'prefillMs'
  | 'timeToFirstTokenMs'
  | 'decodeMs'
>;

/** The first answer in a file is to be there by then, in milliseconds. */
const firstAnswerMs = 700;
/** Of a first line, on average. */
const firstLineTokens = 11;
/** What a prompt tells of other files is computed while nothing is asked for, in so many milliseconds. */
const contextMs = 2_000;
/** Chosen by measuring: docs/evaluation.md. */
const mostContextTokens = 512;
/** With less, no model has anything to go by. */
const fewestTokens = 64;
/** Fewer say little: a chunk so small takes about as long as a token. */
const fewestMeasured = 32;
/** Of the newest measurement, in the running average. */
const newestShare = 0.3;
/**
 * Until something is measured: parameters times tokens per millisecond and thread, half of what 0.5B and 1.5B models in
 * four to six bits reach on two cores with AVX-512, so that the first answer of all is soon on slower ones.
 */
const estimated: Pace = { prefill: 3e7, decode: 6e6 };

/** How soon what can be computed. */
export type Pacing = Pick<Rates, keyof Rates>;

export class Rates {
  #pace: Pace;
  #isMeasured = { prefill: false, decode: false };
  #isTried = false;

  constructor({ parameters, threads }: Pick<NativeDescription, 'parameters' | 'threads'>) {
    const scale = Math.max(1, threads) / Math.max(1, parameters);
    this.#pace = { prefill: estimated.prefill * scale, decode: estimated.decode * scale };
  }

  /**
   * Whether what it tells is a guess that a measurement of its own is to replace. Says so once: to whoever types on meanwhile, what is
   * computed for the text matters more, and its completions tell as much.
   */
  takeTrial(): boolean {
    const isGuess = !this.#isMeasured.prefill || !this.#isMeasured.decode;
    const isWanted = isGuess && !this.#isTried;
    this.#isTried ||= isWanted;
    return isWanted;
  }

  /** Tokens of a prompt that can be computed before the answer and leave time to decode its first line. */
  affordableTokens(): number {
    const { prefill, decode } = this.#pace;
    const left = firstAnswerMs - firstLineTokens / decode;
    return Math.max(fewestTokens, Math.floor(left * prefill));
  }

  /** Tokens that a prompt may tell of other files, in steps: another budget is another prompt. */
  contextTokens(): number {
    const affordable = Math.max(1, contextMs * this.#pace.prefill);
    return Math.min(mostContextTokens, 2 ** Math.floor(Math.log2(affordable)));
  }

  record(generation: Measured): void {
    const { tokens, promptTokens, cachedTokens, prefillMs } = generation;
    // A cancelled one may have ended anywhere in its prompt.
    if (tokens.length === 0) return;
    this.recordPrefill(promptTokens - cachedTokens, prefillMs);
    const rate = decodeRate(generation);
    if (tokens.length > 2 && rate !== null) this.#add('decode', rate);
  }

  recordPrefill(tokens: number, milliseconds: number): void {
    if (tokens >= fewestMeasured) this.#add('prefill', tokens / milliseconds);
  }

  #add(what: keyof Pace, measured: number): void {
    if (!Number.isFinite(measured) || measured <= 0) return;
    const before = this.#isMeasured[what] ? this.#pace[what] : measured;
    this.#isMeasured[what] = true;
    this.#pace = { ...this.#pace, [what]: before + newestShare * (measured - before) };
  }
}

/** Of any text, and as many as tell a rate. */
const trialPrompt = { text: 'const x = 1;\n'.repeat(64), tokens: 64 };
/** Verifying drafts computes so many tokens at once. */
const passes = { counts: Int32Array.of(1, 2, 4, 8), rounds: 3 };

export interface TrialTools {
  readonly native: Pick<NativeModel, 'generate' | 'passMilliseconds' | 'cancel' | 'tokenize'>;
  readonly rates: Pick<Pacing, 'record'>;
  readonly signal: AbortSignal;
}

/** Measures a model that has answered nothing yet, as far as that is not cancelled. */
export async function measureRates({ native, rates, signal }: TrialTools): Promise<void> {
  const prompt = native.tokenize(trialPrompt.text, false).subarray(0, trialPrompt.tokens);
  const control = { signal, onText: () => undefined, isDone: () => false };
  const { generation } = await generate(native, prompt, trialGeneration, control);
  rates.record(generation);
  // Cancelling what is begun now would cancel the completion that it gives way to.
  if (signal.aborted) return;
  await cancelling(native, signal, () => native.passMilliseconds(prompt, passes.counts, passes.rounds));
}
