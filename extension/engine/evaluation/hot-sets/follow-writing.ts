/**
 * Use case: whether hot neurons should follow what a person writes. One project is profiled and goes on, then another begins: of
 * all activations, which fall on neurons that were hot. A simulation: activations are a real model's, moves cost nothing but
 * their number.
 */
import { Progress } from '../../benchmark/progress.ts';
import { asEngineError, EngineError } from '../../errors.ts';
import { findCorpus } from '../../profile/corpus.ts';
import { openProfiler } from '../../profile/open-profiler.ts';
import { hitRate } from '../../profile/skew.ts';
import { windowsOf } from '../../profile/windows.ts';
import type { NativeProfiler } from '../../native-profiler.ts';
import type { EvaluationTools } from '../session.ts';
import { FollowingHotSet, type FollowingPolicy } from './following-hot-set.ts';

export interface FollowOptions extends FollowingPolicy {
  readonly model: string;
  readonly threads: number;
  /** Files and folders: of what was profiled and is gone on with, and of what is begun then. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Of each of the three parts: profiled, gone on with, begun. */
  readonly tokens: number;
  /** Tokens between two looks at what fired. */
  readonly window: number;
  /** Of each layer's neurons that is hot. */
  readonly share: number;
}

/** Shares of the activations that fall on hot neurons. */
export interface Stretch {
  readonly name: string;
  readonly tokens: number;
  /** Hot as profiled. */
  readonly fixed: number;
  /** Hot as written lately. */
  readonly following: number;
  /** Hot as the whole part asks for: the best that any fixed choice does. */
  readonly best: number;
  /** Neurons moved for each token. */
  readonly moves: number;
}

/** Behind a change, so many tokens are told of by themselves, then as many more. */
const stretchTokens = 1024;
const calibrationShare = 0.1;

type Counts = readonly Float64Array[];

interface Counted {
  readonly tokens: number;
  readonly counts: Counts;
}

/**
 * @returns null where the signal ended it
 * @throws EngineError
 */
export async function followWriting(
  options: FollowOptions,
  tools: EvaluationTools,
): Promise<Stretch[] | null> {
  const progress = new Progress(tools.onProgress);
  const profiler = await openProfiler(options, { ...tools, onProgress: () => undefined }, (fraction) => {
    progress.tell(`loading, ${(fraction * 100).toFixed(0)}%`);
  });
  try {
    const counter = new WindowCounter(profiler.native, options, progress);
    return await follow(counter, options);
  } catch (thrown) {
    if (tools.signal.aborted) return null;
    throw asEngineError(thrown);
  } finally {
    profiler.close();
  }
}

async function follow(counter: WindowCounter, options: FollowOptions): Promise<Stretch[]> {
  const old = await counter.windowsIn(options.before, 2 * options.tokens);
  const half = old.findIndex((_, index) => tokensOf(old.slice(0, index + 1)) >= options.tokens) + 1;
  const [profiled, goesOn] = [old.slice(0, half), old.slice(half)];
  const begun = await counter.windowsIn(options.after, options.tokens);
  if (goesOn.length === 0 || begun.length === 0) {
    throw new EngineError('badInput', 'too little text: name larger folders, or fewer --tokens');
  }
  const profile = frequenciesOf(profiled);
  const fixed = new FollowingHotSet(profile, options.share, { ...options, movesPerToken: 0 });
  const following = new FollowingHotSet(profile, options.share, options);
  return [
    ...stretchesOf('the same project', goesOn, { fixed, following, share: options.share }),
    ...stretchesOf('the other project', begun, { fixed, following, share: options.share }),
  ];
}

interface HotSets {
  readonly fixed: FollowingHotSet;
  readonly following: FollowingHotSet;
  readonly share: number;
}

function stretchesOf(
  name: string,
  windows: readonly Counted[],
  { fixed, following, share }: HotSets,
): Stretch[] {
  const own = frequenciesOf(windows);
  const stretches: Stretch[] = [];
  for (let rest = windows, from = 0; rest.length > 0;) {
    const behind = rest.findIndex((_, index) => tokensOf(rest.slice(0, index + 1)) >= stretchTokens) + 1;
    const stretch = behind === 0 ? rest : rest.slice(0, behind);
    rest = rest.slice(stretch.length);
    const tokens = tokensOf(stretch);
    const sums = { all: 0, fixed: 0, following: 0, moves: 0 };
    for (const window of stretch) {
      sums.all += window.counts.reduce((sum, layer) => sum + layer.reduce((a, b) => a + b, 0), 0);
      sums.fixed += fixed.hits(window.counts);
      sums.following += following.hits(window.counts);
      sums.moves += following.learn(window.counts, window.tokens);
    }
    stretches.push({
      name: `${name}, tokens ${from} to ${from + tokens}`,
      tokens,
      fixed: sums.fixed / sums.all,
      following: sums.following / sums.all,
      best: hitRate(own, frequenciesOf(stretch), share),
      moves: sums.moves / tokens,
    });
    from += tokens;
  }
  return stretches;
}

function tokensOf(windows: readonly Counted[]): number {
  return windows.reduce((sum, { tokens }) => sum + tokens, 0);
}

function frequenciesOf(windows: readonly Counted[]): Float32Array[] {
  const tokens = tokensOf(windows);
  const layers = windows[0]?.counts.length ?? 0;
  return Array.from({ length: layers }, (_, layer) => {
    const sums = new Float32Array(windows[0]?.counts[layer]?.length ?? 0);
    for (const { counts } of windows)
      counts[layer]?.forEach((count, neuron) => (sums[neuron] = (sums[neuron] ?? 0) + count));
    return sums.map((sum) => sum / tokens);
  });
}

/** Runs a model over windows of text and tells what fired in each. */
class WindowCounter {
  readonly #profiler: NativeProfiler;
  readonly #options: FollowOptions;
  readonly #progress: Progress;
  #isCalibrated: boolean;
  #tokens = 0;
  #before: Counts | null = null;

  constructor(profiler: NativeProfiler, options: FollowOptions, progress: Progress) {
    this.#profiler = profiler;
    this.#options = options;
    this.#progress = progress;
    this.#isCalibrated = !profiler.describe().needsCalibration;
    progress.expect(Math.ceil((3 * options.tokens) / options.window));
  }

  async windowsIn(paths: readonly string[], most: number): Promise<Counted[]> {
    const corpus = findCorpus(paths);
    if (!this.#isCalibrated) await this.#calibrate(paths);
    const counted: Counted[] = [];
    let tokens = 0;
    for (const { tokens: window } of this.#windows(corpus)) {
      counted.push({ tokens: window.length, counts: await this.#count(window) });
      tokens += window.length;
      this.#progress.tell(`${corpus.name}: ${tokens} tokens`);
      this.#progress.step();
      if (tokens >= most) break;
    }
    return counted;
  }

  /** Of the model's thresholds, on what is profiled. */
  async #calibrate(paths: readonly string[]): Promise<void> {
    let tokens = 0;
    for (const { tokens: window } of this.#windows(findCorpus(paths))) {
      if (!(await this.#profiler.calibrate(window))) throw new Error('cancelled');
      tokens += window.length;
      if (tokens >= calibrationShare * this.#options.tokens) break;
    }
    this.#isCalibrated = true;
  }

  async #count(window: Int32Array): Promise<Counts> {
    if (!(await this.#profiler.count(window))) throw new Error('cancelled');
    this.#tokens += window.length;
    const { frequencies } = await this.#profiler.snapshot();
    const now = frequencies.map((layer) =>
      Float64Array.from(layer, (frequency) => Math.round(frequency * this.#tokens)),
    );
    const before = this.#before;
    this.#before = now;
    if (before === null) return now;
    return now.map((layer, index) => layer.map((count, neuron) => count - (before[index]?.[neuron] ?? 0)));
  }

  #windows(corpus: ReturnType<typeof findCorpus>) {
    const vocabulary = this.#profiler.describe();
    const tokenize = (text: string) => this.#profiler.tokenize(text);
    return windowsOf(corpus, { vocabulary, tokenize, length: this.#options.window });
  }
}
