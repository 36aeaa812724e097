/**
 * Speed of the decoders on one model, each measured in turn in every round, there and back, so that whatever else the
 * machine does meets all of them alike. Only the ratios carry over to another machine.
 */
import { freemem } from 'node:os';
import type { Mode } from '../../protocol/figures.ts';
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import {
  contenders,
  nameOf,
  reasonToLeaveOut,
  reference,
  type Contender,
  type LeftOut,
} from './contenders.ts';
import { inOrder, turnsOf } from './order.ts';
import { Progress } from './progress.ts';
import { BandwidthMeter } from './read-bandwidth.ts';
import { rowOf, type BenchmarkRow, type Series } from './row.ts';
import { loadingText, Runner, type Round, type RunOptions } from './runner.ts';

export interface BenchmarkOptions extends RunOptions {
  readonly rounds: number;
  /** Of the hybrid decoder; null: those that the model allows. */
  readonly modes: readonly Mode[] | null;
  /** What to call the model's shape; null: its sizes. */
  readonly shape: string | null;
}

export interface Benchmark {
  /** llama.cpp first. */
  readonly rows: readonly BenchmarkRow[];
  /** `blocks`: the contenders did not fit into memory together, and were loaded in turn for half of the rounds each. */
  readonly order: 'rounds' | 'blocks';
  readonly leftOut: readonly LeftOut[];
}

/** With its rounds so far. */
interface Entry extends Series {
  readonly contender: Contender;
  readonly rounds: Round[];
}

/**
 * What a hybrid contender takes, as a multiple of the model's size: its weights in the layout that prompts use and in rows
 * for decoding, and what else it needs, among it pages of the files that it maps.
 */
const memoryPerSize = 2.5;
/** A decoder makes no second copy of weights that would leave less memory free. */
const leftFreeBytes = 1 << 30;

/** @throws EngineError */
export async function benchmark(addon: NativeAddon, options: BenchmarkOptions): Promise<Benchmark> {
  try {
    return await new Run(addon, options).result();
  } catch (error) {
    throw asEngineError(error);
  }
}

class Run {
  readonly #addon: NativeAddon;
  readonly #options: BenchmarkOptions;
  readonly #progress: Progress;
  readonly #entries: Entry[] = [];
  readonly #leftOut: LeftOut[] = [];

  constructor(addon: NativeAddon, options: BenchmarkOptions) {
    this.#addon = addon;
    this.#options = options;
    this.#progress = new Progress(options.onProgress);
  }

  async result(): Promise<Benchmark> {
    const first = await this.#open(reference);
    const others = await this.#others(first);
    const order = fitTogether(first, others.length + 1) ? 'rounds' : 'blocks';
    const meter = await BandwidthMeter.open(first.description.threads);
    try {
      if (order === 'rounds') await this.#inRounds(first, others, meter);
      else await this.#inBlocks(first, others, meter);
    } finally {
      await meter.close();
    }
    return { rows: this.#rows(), order, leftOut: this.#leftOut };
  }

  async #others(first: Runner): Promise<Contender[]> {
    try {
      return contenders(first.description.hiddenActivation, this.#options.modes);
    } catch (error) {
      await first.close();
      throw error;
    }
  }

  async #inRounds(first: Runner, others: readonly Contender[], meter: BandwidthMeter): Promise<void> {
    const runners = [first];
    try {
      for (const contender of others) {
        const runner = await this.#openOrLeaveOut(contender);
        if (runner !== null) runners.push(runner);
      }
      const { rounds } = this.#options;
      this.#progress.expect(runners.length * (rounds + 1));
      for (const runner of runners) await this.#warmUp(runner);
      for (let round = 1; round <= rounds; round++) {
        for (const runner of inOrder(runners, round)) await this.#measure(runner, round, meter);
      }
    } finally {
      await Promise.all(runners.map((runner) => runner.close()));
    }
  }

  async #inBlocks(first: Runner, others: readonly Contender[], meter: BandwidthMeter): Promise<void> {
    const all = [reference, ...others];
    const turns = turnsOf(all, this.#options.rounds);
    this.#progress.expect(all.length * this.#options.rounds + turns.length);
    let held: Runner | null = first;
    for (const { contender, rounds } of turns) {
      const runner: Runner | null = held ?? (await this.#openOrLeaveOut(contender));
      held = null;
      if (runner !== null) await this.#measureTurn(runner, rounds, meter);
    }
  }

  async #measureTurn(runner: Runner, rounds: readonly number[], meter: BandwidthMeter): Promise<void> {
    try {
      await this.#warmUp(runner);
      for (const round of rounds) await this.#measure(runner, round, meter);
    } finally {
      await runner.close();
    }
  }

  async #open(contender: Contender): Promise<Runner> {
    return await Runner.open(this.#addon, contender, this.#options, (fraction) => {
      this.#progress.tell(loadingText(contender, fraction));
    });
  }

  /** A mode that was asked for by name has to run; llama.cpp has to in any case. */
  async #openOrLeaveOut(contender: Contender): Promise<Runner | null> {
    const { mode } = contender;
    if (contender !== reference && this.#leftOut.some((one) => one.mode === mode)) return null;
    try {
      return await this.#open(contender);
    } catch (thrown) {
      if (contender === reference) throw thrown;
      this.#leftOut.push({ mode, reason: reasonToLeaveOut(thrown, this.#options.modes) });
      return null;
    }
  }

  async #warmUp(runner: Runner): Promise<void> {
    this.#progress.tell(`warming up ${nameOf(runner.contender)}`);
    await runner.warmUp();
    this.#progress.step();
  }

  async #measure(runner: Runner, round: number, meter: BandwidthMeter): Promise<void> {
    const { contender } = runner;
    this.#progress.tell(`${nameOf(contender)}, round ${String(round)} of ${String(this.#options.rounds)}`);
    this.#entryOf(runner).rounds.push(await runner.round(round, meter));
    this.#progress.step();
  }

  #entryOf({ contender, description, load, gpu }: Runner): Entry {
    const found = this.#entries.find((entry) => entry.contender === contender);
    if (found !== undefined) return found;
    const entry = { contender, description, load, gpu, rounds: [] };
    this.#entries.push(entry);
    return entry;
  }

  #rows(): BenchmarkRow[] {
    const [first] = this.#entries;
    if (first === undefined) return [];
    const context = { ...this.#options, reference: first };
    return this.#entries.map((entry) => rowOf(entry, context));
  }
}

/**
 * Each is to run as it would alone, with the copies that it leaves out where memory is short. The first one, llama.cpp, is
 * loaded already.
 */
function fitTogether({ description, gpu }: Runner, count: number): boolean {
  const fitsMainMemory = memoryPerSize * (count - 1) * description.sizeBytes + leftFreeBytes < freemem();
  return fitsMainMemory && (gpu === null || count * gpu.budgetBytes < gpu.totalBytes);
}
