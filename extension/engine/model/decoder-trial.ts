/**
 * Use case: once a model is loaded that either decoder can run, both answer by turns while nothing is asked for, and the
 * faster one has it from then on.
 */
import type { LocalDecoderName } from '../../protocol/figures.ts';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { NativeModel } from '../addon.ts';
import { promptOf } from '../benchmark/runner.ts';
import { spread } from '../benchmark/statistics.ts';
import { generate } from '../completion/generate.ts';
import { trialGeneration } from '../completion/trial-generation.ts';
import { asEngineError } from '../errors.ts';
import { loadModel, type LoadedModel, type LoadModelTools } from './load-model.ts';
import {
  keepDecoder,
  keptDecoder,
  type Measurable,
  type MeasuredDecoder,
  reasonFor,
  worthChanging,
} from './measured-decoder.ts';

export type TrialTools = Omit<LoadModelTools, 'onProgress'>;

/** What a key makes necessary: some new tokens read; a first line is decoded. */
const promptTokens = 16;
/** Once begun, a round is finished: one at least counts, behind the one that warms up. */
const mostRounds = 5;
const budgetMs = 1_500;
/** Somebody who types whenever it begins is not to pay for it again and again. */
const mostTries = 3;

export class DecoderTrial {
  readonly #params: LoadModelParams;
  readonly #tools: TrialTools;
  #triesLeft = mostTries;

  constructor(params: LoadModelParams, tools: TrialTools) {
    this.#params = params;
    this.#tools = tools;
  }

  /** Whether something is to be found out about a model. */
  isWantedFor({ description }: LoadedModel): boolean {
    return description.otherDecoder !== null && this.#triesLeft > 0;
  }

  /**
   * Keeps what it measured, and frees the slower one's model unless that is `held`.
   * @returns the model to go on with: `held` with another reason, or the same file in the other decoder; null where nothing
   * was found out
   */
  async run(held: LoadedModel, signal: AbortSignal): Promise<LoadedModel | null> {
    this.#triesLeft--;
    try {
      // Another window may have measured it meanwhile: that holds from the next load on.
      const isKnown = (await keptDecoder(this.#measurable(held), this.#tools)) !== null;
      const chosen = isKnown ? null : await this.#compare(held, signal);
      this.#triesLeft = 0;
      return chosen;
    } catch (thrown) {
      if (signal.aborted) return null;
      // Memory for both is missing, say.
      this.#triesLeft = 0;
      this.#tools.log('debug', `decoders were not compared: ${asEngineError(thrown).message}`);
      return null;
    }
  }

  async #compare(held: LoadedModel, signal: AbortSignal): Promise<LoadedModel> {
    const other = await this.#loadOther(held, signal);
    let isFaster = false;
    try {
      const ratio = await speedOf(other.native, held.native, signal);
      const chosen = ratio >= worthChanging ? other : held;
      const measured = { decoder: decoderOf(chosen), ratio: chosen === other ? ratio : 1 / ratio };
      await keepDecoder(this.#measurable(held), measured, this.#tools);
      signal.throwIfAborted();
      isFaster = chosen === other;
      return decided(chosen, measured);
    } finally {
      if (!isFaster) await other.native.release();
    }
  }

  async #loadOther({ description }: LoadedModel, signal: AbortSignal): Promise<LoadedModel> {
    const onProgress = () => {
      signal.throwIfAborted();
    };
    onProgress();
    const { log } = this.#tools;
    return await loadModel(
      // Where a GPU takes part there is no other decoder.
      { ...this.#params, decoder: description.otherDecoder ?? 'auto', gpuBudget: '0' },
      // Whatever there is to warn of was said when the model was loaded.
      {
        ...this.#tools,
        onProgress,
        log: (_level, message) => {
          log('debug', message);
        },
      },
    );
  }

  #measurable({ path }: LoadedModel): Measurable {
    return { path, threads: this.#params.threads };
  }
}

function decoderOf({ description }: LoadedModel): LocalDecoderName {
  return description.decoder === 'llama.cpp' ? 'llama.cpp' : 'hybrid';
}

function decided(chosen: LoadedModel, measured: MeasuredDecoder): LoadedModel {
  const { description } = chosen;
  return {
    ...chosen,
    description: { ...description, decoderReason: reasonFor(measured), otherDecoder: null },
  };
}

/**
 * How many times as fast as `base`: the median over rounds, in which both answer.
 * @throws what the signal says where it ends it
 */
async function speedOf(native: NativeModel, base: NativeModel, signal: AbortSignal): Promise<number> {
  const ratios: number[] = [];
  const start = performance.now();
  for (let round = 0; round <= mostRounds; round++) {
    const mine = await answerMs(native, round, signal);
    const theirs = await answerMs(base, round, signal);
    if (round > 0) ratios.push(theirs / mine);
    if (round > 0 && performance.now() - start > budgetMs) break;
  }
  return spread(ratios).median;
}

async function answerMs(native: NativeModel, round: number, signal: AbortSignal): Promise<number> {
  const prompt = promptOf(native.describe().vocabularySize, round, promptTokens);
  const control = { signal, onText: () => undefined, isDone: () => false };
  const { generation } = await generate(native, prompt, trialGeneration, control);
  signal.throwIfAborted();
  return generation.prefillMs + generation.decodeMs;
}
