/** How fast a model really is here: what a forecast is held against. */
import type { Situation } from '../../models/cost/forecast.ts';
import type { Mode } from '../../protocol/figures.ts';
import type { NativeAddon, NativeGenerateOptions, NativeModel } from '../addon.ts';
import { loadOptions } from '../benchmark/load-options.ts';
import { ownMemory } from '../benchmark/own-memory.ts';
import { generateOptions, greedy, promptOf } from '../benchmark/runner.ts';
import { spread } from '../benchmark/statistics.ts';
import { asEngineError } from '../errors.ts';

export interface MeasuredPace {
  readonly decodeTokensPerSecond: number;
  readonly prefillTokensPerSecond: number;
  readonly firstLineSeconds: number;
  /** Memory that loading took and that no other process shares; null where the system does not tell. */
  readonly ownBytes: number | null;
}

export interface PaceRun {
  /** GGUF file. */
  readonly path: string;
  readonly mode: Mode;
  readonly situation: Situation;
  /** What the prompt says, long enough for it; null: random tokens. How much of the head is read depends on it. */
  readonly text: string | null;
  /** Medians are taken over so many. */
  readonly rounds: number;
}

/** Decoded beyond the first line, so that a token's time is told from more than a line. */
const decodedTokens = 24;

/** @throws EngineError */
export async function measuredPace(addon: NativeAddon, run: PaceRun): Promise<MeasuredPace> {
  const { path, mode, situation } = run;
  const options = loadOptions(
    { decoder: 'hybrid', mode },
    {
      model: path,
      threads: situation.threads,
      hotThreshold: 0.3,
      predictor: 'auto',
      selection: 'gate',
      threshold: { by: 'share', at: 0.5 },
    },
    situation.promptTokens + decodedTokens,
  );
  const before = ownMemory();
  const native = await addon
    .loadModel(options, () => undefined)
    .catch((error: unknown) => {
      throw asEngineError(error);
    });
  const after = ownMemory();
  const ownBytes = before === null || after === null ? null : after - before;
  try {
    return { ...(await paceOf(native, run)), ownBytes };
  } finally {
    await native.release();
  }
}

/** As the editor asks, a token at a time; a model of random weights, sampled, or it would repeat the same few neurons. */
function optionsOf(mode: Mode, round: number): NativeGenerateOptions {
  const sampled = generateOptions(decodedTokens, round);
  return mode === 'dense' ? greedy(sampled) : sampled;
}

async function paceOf(
  native: NativeModel,
  { mode, situation, text, rounds }: PaceRun,
): Promise<Omit<MeasuredPace, 'ownBytes'>> {
  const { promptTokens, lineTokens } = situation;
  const prefill: number[] = [];
  const decode: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const prompt =
      text === null
        ? promptOf(native.describe().vocabularySize, round, promptTokens)
        : partOf(native.tokenize(text, false), round, promptTokens);
    const made = await native.generate(prompt, optionsOf(mode, round), () => undefined);
    if (round === 0) continue; // brings every page into memory
    prefill.push(made.prefillMs / 1000);
    decode.push(made.decodeMs / 1000 / (made.tokens.length - 1));
  }
  const [reading, token] = [spread(prefill).median, spread(decode).median];
  return {
    decodeTokensPerSecond: 1 / token,
    prefillTokensPerSecond: promptTokens / reading,
    firstLineSeconds: reading + (lineTokens - 1) * token,
  };
}

/** Another part each round, so that nothing of it is held from the one before. */
function partOf(tokens: Int32Array, round: number, count: number): Int32Array {
  const start = Math.min(round * count, tokens.length - count);
  return tokens.slice(start, start + count);
}
