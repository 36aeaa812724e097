/** Use case: count how often each neuron of a model is active on a corpus, and write the profile and its plot. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ProfileProgressParams } from '../../protocol/requests.ts';
import type { NativeProfiler } from '../native-profiler.ts';
import { asEngineError, EngineError } from '../errors.ts';
import { type Corpus, findCorpus } from './corpus.ts';
import { openProfiler, type ProfileTools } from './open-profiler.ts';
import { pooled, type Skew, skewOf } from './skew.ts';
import { skewPlot } from './skew-plot.ts';
import { type Window, windowsOf } from './windows.ts';

export interface ProfileOptions {
  readonly model: string;
  /** Files and folders. */
  readonly corpus: readonly string[];
  /** Where the profile goes, a name that ends with .profile.gguf; the plot lies beside it. */
  readonly output: string;
  /** Stop after so many. */
  readonly tokens: number;
  /** Stop after so long, loading not counted. */
  readonly minutes: number;
  /** 0: as many as pay off for a model of this size. */
  readonly threads: number;
  /** Whether what was counted is written where the signal ends it early. */
  readonly keepsPart: boolean;
}

export type ProfileProgress = Readonly<ProfileProgressParams>;

export interface ProfileReport {
  readonly model: string;
  readonly profile: string;
  readonly plot: string;
  readonly corpus: string;
  readonly tokens: number;
  /** Tokens by language. */
  readonly languages: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Whether it was ended before enough was counted. */
  readonly interrupted: boolean;
  readonly all: Skew;
  readonly layers: readonly Skew[];
}

/** Magnitudes for the thresholds are taken from this share of the tokens that are counted. */
const calibrationShare = 0.1;

type RunTools = ProfileTools<ProfileProgress>;

/**
 * @returns null where the signal ended it and nothing is kept: all files are as before
 * @throws EngineError; all files are as before
 */
export async function profileModel(options: ProfileOptions, tools: RunTools): Promise<ProfileReport | null> {
  const corpus = findCorpus(options.corpus);
  const profiler = await openProfiler(options, tools, (fraction) => {
    tools.onProgress({ step: 'loading', fraction, tokens: 0, tokensPerSecond: null, secondsLeft: null });
  });
  try {
    return await new ProfileRun(options, tools, corpus, profiler.native).run();
  } catch (thrown) {
    throw asEngineError(thrown);
  } finally {
    profiler.close();
  }
}

class ProfileRun {
  readonly #options: ProfileOptions;
  readonly #tools: RunTools;
  readonly #corpus: Corpus;
  readonly #profiler: NativeProfiler;
  readonly #begun = performance.now();
  readonly #languages: Record<string, number> = {};
  #tokens = 0;

  constructor(options: ProfileOptions, tools: RunTools, corpus: Corpus, profiler: NativeProfiler) {
    this.#options = options;
    this.#tools = tools;
    this.#corpus = corpus;
    this.#profiler = profiler;
  }

  async run(): Promise<ProfileReport | null> {
    const complete = (await this.#calibrate()) && (await this.#count());
    if (!complete && (this.#tokens === 0 || !this.#options.keepsPart)) return null;
    if (this.#tokens === 0) {
      const { name } = this.#corpus;
      throw new EngineError(
        'badInput',
        `${name} holds no source text to count on: name other folders or files`,
      );
    }
    const { tokens, frequencies } = await this.#profiler.snapshot();
    return await this.#write(frequencies, tokens, !complete);
  }

  /** Returns false once interrupted. */
  async #calibrate(): Promise<boolean> {
    if (!this.#profiler.describe().needsCalibration) return true;
    let tokens = 0;
    for (const window of this.#windows()) {
      if (this.#tools.signal.aborted || !(await this.#profiler.calibrate(window.tokens))) return false;
      tokens += window.tokens.length;
      if (tokens >= this.#options.tokens * calibrationShare || this.#timeShare() >= calibrationShare) break;
      this.#show('calibrating');
    }
    return true;
  }

  async #count(): Promise<boolean> {
    for (const window of this.#windows()) {
      if (this.#tools.signal.aborted || !(await this.#profiler.count(window.tokens))) return false;
      this.#tokens += window.tokens.length;
      this.#languages[window.language] = (this.#languages[window.language] ?? 0) + window.tokens.length;
      this.#show('counting');
      if (this.#fraction() >= 1) break;
    }
    return true;
  }

  #windows(): Generator<Window> {
    const { window: length, ...vocabulary } = this.#profiler.describe();
    return windowsOf(this.#corpus, {
      vocabulary,
      tokenize: (text) => this.#profiler.tokenize(text),
      length,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  #timeShare(): number {
    return this.#seconds() / 60 / this.#options.minutes;
  }

  #fraction(): number {
    return Math.min(1, Math.max(this.#tokens / this.#options.tokens, this.#timeShare()));
  }

  #show(step: ProfileProgress['step']): void {
    const fraction = this.#fraction();
    const seconds = this.#seconds();
    this.#tools.onProgress({
      step,
      fraction,
      tokens: this.#tokens,
      tokensPerSecond: this.#tokens === 0 ? null : this.#tokens / seconds,
      secondsLeft: this.#tokens === 0 ? null : (seconds * (1 - fraction)) / fraction,
    });
  }

  async #write(
    layers: readonly Float32Array[],
    tokens: number,
    interrupted: boolean,
  ): Promise<ProfileReport> {
    const { model, output } = this.#options;
    const { name: corpus } = this.#corpus;
    const plot = output.replace(/\.gguf$/i, '') + '.svg';
    await this.#profiler.save(output, corpus);
    writeFileSync(plot, skewPlot({ model: basename(model), corpus }, layers));
    return {
      model,
      profile: output,
      plot,
      corpus,
      tokens,
      languages: this.#languages,
      seconds: this.#seconds(),
      interrupted,
      all: skewOf(pooled(layers)),
      layers: layers.map(skewOf),
    };
  }
}
