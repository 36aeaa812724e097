/**
 * Completions on a machine that is busy otherwise: as many threads as the engine chooses beside fixed numbers of them. In
 * every round each is measured with nothing else running, then under each load.
 */
import type { NativeAddon } from '../../addon.ts';
import { asEngineError } from '../../errors.ts';
import { contenders, type Contender } from '../contenders.ts';
import { loadOptions } from '../load-options.ts';
import { inOrder } from '../order.ts';
import { Progress } from '../progress.ts';
import { Runner, type RunOptions } from '../runner.ts';
import type { Mode } from '../../../protocol/figures.ts';
import { busyProcesses, secondEngine, secondEngineContext, type Load } from './load.ts';
import { busyRows, type BusyRow, type Measurement, type ThreadSeries } from './busy-row.ts';

/** So many busy processes, or another engine that decodes. */
export type LoadChoice = number | 'engine';

export interface BusyOptions extends Omit<RunOptions, 'threads'> {
  readonly mode: Mode;
  readonly rounds: number;
  readonly loads: readonly LoadChoice[];
}

/** @throws EngineError */
export async function busyBenchmark(addon: NativeAddon, options: BusyOptions): Promise<BusyRow[]> {
  try {
    return await new Run(addon, options).rows();
  } catch (error) {
    throw asEngineError(error);
  }
}

/** One, then twice as many each time, up to what the engine chooses on a machine that does nothing else. */
export function fixedThreads(most: number): number[] {
  const counts = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}

class Run {
  readonly #addon: NativeAddon;
  readonly #options: BusyOptions;
  readonly #progress: Progress;
  readonly #toClose: (() => Promise<void>)[] = [];

  constructor(addon: NativeAddon, options: BusyOptions) {
    this.#addon = addon;
    this.#options = options;
    this.#progress = new Progress(options.onProgress);
  }

  async rows(): Promise<BusyRow[]> {
    try {
      const automatic = await this.#open(0);
      contenders(automatic.description.hiddenActivation, [this.#options.mode]);
      const threads = automatic.description.threads;
      const fixed = [];
      for (const count of fixedThreads(threads)) fixed.push(await this.#open(count));
      const loads = [];
      for (const choice of this.#options.loads) loads.push(await this.#load(choice));
      const series = await this.#measure([automatic, ...fixed], loads);
      return busyRows(series, loads);
    } finally {
      await Promise.all(this.#toClose.map((close) => close()));
    }
  }

  async #measure(runners: readonly Runner[], loads: readonly Load[]): Promise<Series[]> {
    this.#progress.expect(runners.length * (1 + this.#options.rounds * (1 + loads.length)));
    for (const runner of runners) {
      this.#progress.tell('warming up');
      await runner.warmUp();
      this.#progress.step();
    }
    const series = runners.map((runner, place) => ({
      threads: runner.description.threads,
      isAutomatic: place === 0,
      runner,
      measurements: [] as Measurement[],
    }));
    for (let round = 1; round <= this.#options.rounds; round++) {
      for (const [place, load] of [null, ...loads].entries()) {
        await this.#underLoad(load, inOrder(series, round), round * (loads.length + 1) + place);
      }
    }
    return series;
  }

  async #underLoad(load: Load | null, series: readonly Series[], prompt: number): Promise<void> {
    await load?.start();
    try {
      for (const { runner, measurements } of series) {
        this.#progress.tell(load?.name ?? 'idle');
        measurements.push({ load: load?.name ?? null, completion: await runner.completion(prompt) });
        this.#progress.step();
      }
    } finally {
      await load?.stop();
    }
  }

  async #load(choice: LoadChoice): Promise<Load> {
    if (choice !== 'engine') return busyProcesses(choice);
    const options = { ...this.#options, threads: 0 };
    const model = await this.#addon.loadModel(
      loadOptions(this.#contender, options, secondEngineContext),
      () => undefined,
    );
    this.#toClose.push(() => model.release());
    return secondEngine(model);
  }

  /** @param threads 0: as the engine chooses */
  async #open(threads: number): Promise<Runner> {
    const options = { ...this.#options, threads };
    const runner = await Runner.open(this.#addon, this.#contender, options, (fraction) => {
      this.#progress.tell(`loading, ${(fraction * 100).toFixed(0)}%`);
    });
    this.#toClose.push(() => runner.close());
    return runner;
  }

  get #contender(): Contender {
    return { decoder: 'hybrid', mode: this.#options.mode };
  }
}

interface Series extends ThreadSeries {
  readonly runner: Runner;
  readonly measurements: Measurement[];
}
