/** One setting of a sweep: its model, loaded when its turn comes, and its records. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { LoadModelParams } from '../../../protocol/requests.ts';
import { loadModel, type LoadedModel } from '../../model/load-model.ts';
import type { WriteLog } from '../../native.ts';
import type { EvaluationTools } from '../session.ts';
import { infillingWriter } from './infilling-writer.ts';
import { lanesOf } from './lane.ts';
import { modelWriter, type WritingOptions } from './model-writer.ts';
import { forgetPeakMemory, peakMemory } from './peak-memory.ts';
import { RecordFile } from './record-file.ts';
import type { PromptShelf } from './prompt-shelf.ts';
import type { RunSettings } from './record.ts';
import type { Suite } from './task.ts';
import type { ThresholdSetting } from './threshold-settings.ts';
import type { Write } from './writer.ts';

export interface ContestantOptions {
  readonly suite: Suite;
  readonly setting: ThresholdSetting;
  readonly load: LoadModelParams;
  readonly writing: WritingOptions;
  /** null: in memory alone. */
  readonly records: string | null;
  /** Completions that may be written at once. */
  readonly parallel: number;
  /** Of those that take turns; null where nobody does. */
  readonly shelf: PromptShelf | null;
}

export interface Ready {
  readonly write: Write;
  /** Those that may be asked beside each other, each for one completion at a time; none where the model writes one at a time. */
  readonly lanes: readonly Write[];
  /** Completions that the lanes write at once. */
  readonly parallel: number;
  /** Since the model was loaded. */
  readonly peakMemoryBytes: () => number | null;
}

export class Contestant {
  readonly #options: ContestantOptions;
  readonly #tools: EvaluationTools;
  #records: RecordFile | null = null;
  #loaded: LoadedModel | null = null;
  #ready: Ready | null = null;

  constructor(options: ContestantOptions, tools: EvaluationTools) {
    this.#options = options;
    this.#tools = tools;
  }

  get name(): string {
    return this.#options.setting.name;
  }

  /** null before it was made ready the first time. */
  get records(): RecordFile | null {
    return this.#records;
  }

  /** Loads the model unless it is loaded. @throws EngineError where it can't be, or its records are of other settings */
  async makeReady(): Promise<Ready> {
    if (this.#ready !== null) return this.#ready;
    const { load, setting, writing, records, parallel, shelf } = this.#options;
    const isFirst = this.#records === null;
    const log: WriteLog = (level, message) => {
      if (isFirst) this.#tools.log(level, message);
    };
    const onProgress = () => undefined;
    const tools = { ...this.#tools, log, onProgress, parallel };
    const model = await loadModel({ ...load, ...setting.load }, tools);
    this.#loaded = model;
    this.#records ??= RecordFile.open(records, settingsOf(model, this.#options));
    const atOnce = Math.min(parallel, model.description.parallel);
    const tells = forgetPeakMemory();
    this.#ready = {
      write: writerOf(model, writing, this.#tools.signal),
      lanes: lanesOf(model, atOnce, shelf).map((lane) => writerOf(lane, writing, this.#tools.signal)),
      parallel: atOnce,
      peakMemoryBytes: () => (tells ? peakMemory() : null),
    };
    return this.#ready;
  }

  /** Frees the model. */
  async rest(): Promise<void> {
    const model = this.#loaded;
    this.#loaded = null;
    this.#ready = null;
    await model?.native.release();
  }
}

function writerOf(model: LoadedModel, writing: WritingOptions, signal: AbortSignal): Write {
  return writing.form === 'infilling' ? infillingWriter(model, signal) : modelWriter(model, writing, signal);
}

function settingsOf(
  { path, description }: LoadedModel,
  { suite, setting, writing }: ContestantOptions,
): RunSettings {
  return {
    suite: suite.name,
    tasks: suite.digest,
    form: writing.form,
    model: basename(path),
    modelBytes: statSync(path).size,
    threshold: setting.name,
    decoder: description.decoder,
    mode: description.mode,
    profile: description.profileCorpus,
    gpuShare: description.gpuShare,
    threads: description.threads,
    contextLength: description.contextLength,
    maxTokens: writing.maxTokens,
    temperature: writing.temperature,
    topP: writing.topP,
    seed: writing.seed,
  };
}
