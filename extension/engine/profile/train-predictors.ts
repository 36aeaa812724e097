/**
 * Use case: train a model's predictors, layer after layer. Each layer trained is kept in a file of its own until all
 * are there, so that a training that was broken off goes on where it was.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NativePredictorPart, NativeProfiler } from '../native-profiler.ts';
import { asEngineError } from '../errors.ts';
import { findCorpus } from './corpus.ts';
import { openProfiler, type ProfileTools } from './open-profiler.ts';
import { type Window, windowsOf } from './windows.ts';

export interface TrainingOptions {
  readonly model: string;
  /** Files and folders. */
  readonly corpus: readonly string[];
  /** Where the predictors go, a name that ends with .predictors.gguf. */
  readonly output: string;
  /** To learn from; fewer where memory is short. */
  readonly tokens: number;
  /** Share of the activation mass to keep, between 0 and 1. */
  readonly recall: number;
  /** 0: as many as pay off for a model of this size. */
  readonly threads: number;
}

/** How far it is; `fraction` lies between 0 and 1. */
export interface TrainingProgress {
  readonly step: 'loading' | 'sampling' | 'training';
  readonly fraction: number;
  readonly layer: number;
  readonly secondsLeft: number | null;
}

export interface TrainingReport {
  readonly model: string;
  readonly predictors: string;
  readonly wantedRecall: number;
  /** Of all matrices. */
  readonly bytes: number;
  readonly seconds: number;
  readonly layers: readonly NativePredictorPart[];
}

type TrainingTools = ProfileTools<TrainingProgress>;

/** Running the model once for several layers pays from so many tokens of each on. */
const fewestTokensOfGroup = 4_000;
/** Of a layer's time, what running the model takes next to training; only the progress bar goes by it. */
const samplingShare = 0.1;

/**
 * @returns null where it was ended before all layers were trained: calling again goes on there
 * @throws EngineError
 */
export async function trainPredictors(
  options: TrainingOptions,
  tools: TrainingTools,
): Promise<TrainingReport | null> {
  const profiler = await openProfiler(options, tools, (fraction) => {
    tools.onProgress({ step: 'loading', fraction, layer: 0, secondsLeft: null });
  });
  try {
    return await new TrainingRun(options, tools, profiler.native).run();
  } catch (thrown) {
    throw asEngineError(thrown);
  } finally {
    profiler.close();
  }
}

class TrainingRun {
  readonly #options: TrainingOptions;
  readonly #tools: TrainingTools;
  readonly #profiler: NativeProfiler;
  readonly #layers: number;
  readonly #parts: string;
  readonly #begun = performance.now();
  #alreadyDone = 0;

  constructor(options: TrainingOptions, tools: TrainingTools, profiler: NativeProfiler) {
    this.#options = options;
    this.#tools = tools;
    this.#profiler = profiler;
    this.#layers = profiler.describe().layers;
    this.#parts = `${options.output}.parts`;
  }

  async run(): Promise<TrainingReport | null> {
    mkdirSync(this.#parts, { recursive: true });
    this.#alreadyDone = this.#trained().filter((part) => part !== null).length;
    for (let layer = this.#nextLayer(); layer !== null; layer = this.#nextLayer()) {
      if (!(await this.#trainFrom(layer))) return null;
    }
    const layers = this.#trained().filter((part) => part !== null);
    const paths = layers.map(({ layer }) => this.#partOf(layer));
    await this.#profiler.joinParts(paths, this.#options.output);
    rmSync(this.#parts, { recursive: true });
    return {
      model: this.#options.model,
      predictors: this.#options.output,
      wantedRecall: this.#options.recall,
      bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
      seconds: this.#seconds(),
      layers,
    };
  }

  #partOf(layer: number): string {
    return join(this.#parts, `${layer}.gguf`);
  }

  /** null for layers that are still to be trained, or were for another recall. */
  #trained(): (NativePredictorPart | null)[] {
    return Array.from({ length: this.#layers }, (_, layer) => {
      const part = this.#profiler.readPart(this.#partOf(layer));
      const fits = part?.layer === layer && Math.abs(part.wantedRecall - this.#options.recall) < 1e-6;
      return fits ? part : null;
    });
  }

  #nextLayer(): number | null {
    const layer = this.#trained().indexOf(null);
    return layer < 0 ? null : layer;
  }

  /** Samples as many layers at once as memory has room for, and trains them. Returns false once interrupted. */
  async #trainFrom(first: number): Promise<boolean> {
    const missing = this.#trained();
    const neighbours = missing.findIndex((part, layer) => layer > first && part !== null);
    const wanted = (neighbours < 0 ? this.#layers : neighbours) - first;
    const { count, tokens } = await this.#begin(first, wanted);
    if (!(await this.#sample(first, tokens))) return false;
    for (let layer = first; layer < first + count; layer++) {
      if (!(await this.#train(layer))) return false;
    }
    return true;
  }

  async #begin(first: number, wanted: number): Promise<{ count: number; tokens: number }> {
    const enough = Math.min(this.#options.tokens, fewestTokensOfGroup);
    let count = wanted;
    let room = await this.#profiler.beginSamples(first, count);
    while (room < enough && count > 1) {
      count = Math.ceil(count / 2);
      room = await this.#profiler.beginSamples(first, count);
    }
    return { count, tokens: Math.min(this.#options.tokens, room) };
  }

  async #sample(layer: number, tokens: number): Promise<boolean> {
    let taken = 0;
    for (const { tokens: window } of this.#windows()) {
      if (taken + window.length > tokens) break;
      if (this.#tools.signal.aborted || !(await this.#profiler.sample(window))) return false;
      taken += window.length;
      this.#show('sampling', layer, (samplingShare * taken) / tokens);
    }
    return true;
  }

  async #train(layer: number): Promise<boolean> {
    if (this.#tools.signal.aborted) return false;
    const part = await this.#profiler.trainLayer(
      layer,
      this.#options.recall,
      this.#partOf(layer),
      (fraction) => {
        this.#show('training', layer, samplingShare + (1 - samplingShare) * fraction);
      },
    );
    return part !== null;
  }

  #windows(): Generator<Window> {
    const { window: length, ...vocabulary } = this.#profiler.describe();
    const tokenize = (text: string) => this.#profiler.tokenize(text);
    return windowsOf(findCorpus(this.#options.corpus), { vocabulary, tokenize, length });
  }

  #seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  #show(step: TrainingProgress['step'], layer: number, ofLayer: number): void {
    const fraction = (layer + ofLayer) / this.#layers;
    const before = this.#alreadyDone / this.#layers;
    const secondsLeft = fraction > before ? (this.#seconds() * (1 - fraction)) / (fraction - before) : null;
    this.#tools.onProgress({ step, fraction, layer, secondsLeft });
  }
}
