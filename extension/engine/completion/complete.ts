/** Use case: one completion with a loaded model, from the text around the cursor to trimmed text and figures. */
import type { CompleteParams, CompleteResult } from '../../protocol/requests.ts';
import type { NativeGenerateOptions, NativeGeneration } from '../addon.ts';
import { asEngineError, EngineError } from '../errors.ts';
import { neuronSplit } from '../model/model-figures.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { promptFor } from './fim-prompt.ts';
import type { CountTokens } from './prompt-budget.ts';
import { isInsideLine, surroundingsOf, type Surroundings } from './surroundings.ts';
import { isFinished, trimCompletion } from './trimming/trim-completion.ts';

/** Only read when temperature > 0; llama.cpp's own defaults. */
const sampling = { topK: 40, topP: 0.95, minP: 0.05 };

export interface CompletionTools {
  readonly model: LoadedModel;
  readonly count: CountTokens;
  /** Aborted: the native computation ends within one token, and the completion resolves as `cancelled`. */
  readonly signal: AbortSignal;
  /** Newly generated text, not trimmed yet. */
  readonly onText: (text: string) => void;
}

/** @throws EngineError */
export async function complete(request: CompleteParams, tools: CompletionTools): Promise<CompleteResult> {
  const start = performance.now();
  const params = normalised(request);
  check(params);
  const { native, description } = tools.model;
  const around = surroundingsOf(params.prefix, params.suffix);
  const maxTokens = Math.min(params.maxTokens, Math.floor(description.contextLength / 2));
  const prompt = promptFor(
    { native, description, count: tools.count },
    params.prefix,
    params.suffix,
    maxTokens,
  );

  const preparedMs = performance.now() - start;
  const { generation, isTrimmed } = await generate(
    prompt,
    optionsOf(params, around, maxTokens),
    around,
    tools,
  );
  return resultOf(generation, isTrimmed, around, { preparedMs, totalMs: performance.now() - start, tools });
}

interface Generated {
  readonly generation: NativeGeneration;
  /** Ended by us, because everything further would have been cut away. */
  readonly isTrimmed: boolean;
}

async function generate(
  prompt: Int32Array,
  options: NativeGenerateOptions,
  around: Surroundings,
  { model, signal, onText }: CompletionTools,
): Promise<Generated> {
  const trimming = new AbortController();
  const stop = AbortSignal.any([signal, trimming.signal]);
  const cancel = () => {
    model.native.cancel();
  };
  let text = '';
  const running = model.native.generate(prompt, options, (piece) => {
    onText(piece);
    text += piece;
    if (!stop.aborted && isFinished(text, around)) trimming.abort();
  });
  stop.addEventListener('abort', cancel, { once: true });
  if (stop.aborted) cancel();
  try {
    const generation = await running;
    return { generation, isTrimmed: trimming.signal.aborted && !signal.aborted };
  } catch (error) {
    throw asEngineError(error);
  } finally {
    stop.removeEventListener('abort', cancel);
  }
}

interface Timing {
  readonly preparedMs: number;
  readonly totalMs: number;
  readonly tools: CompletionTools;
}

function resultOf(
  generation: NativeGeneration,
  isTrimmed: boolean,
  around: Surroundings,
  { preparedMs, totalMs, tools }: Timing,
): CompleteResult {
  const tokens = generation.tokens.length;
  const { stopReason } = generation;
  const ranOut = stopReason === 'maxTokens' || stopReason === 'maxTime' || stopReason === 'contextFull';
  const { description } = tools.model;
  return {
    ...trimCompletion(generation.text, around, ranOut),
    tokenProbabilities: Array.from(generation.tokenProbabilities),
    tokens,
    promptTokens: generation.promptTokens,
    cachedTokens: generation.cachedTokens,
    timeToFirstTokenMs: preparedMs + generation.timeToFirstTokenMs,
    totalMs,
    tokensPerSecond:
      tokens < 2 || generation.decodeMs <= 0 ? null : ((tokens - 1) * 1000) / generation.decodeMs,
    decoder: description.decoder,
    neuronSplit: neuronSplit(description, generation.activity),
    stopReason: isTrimmed && stopReason === 'cancelled' ? 'trimmed' : stopReason,
  };
}

function optionsOf(params: CompleteParams, around: Surroundings, maxTokens: number): NativeGenerateOptions {
  return {
    ...sampling,
    maxTokens,
    maxLines: isInsideLine(around) ? 1 : params.maxLines,
    maxMilliseconds: params.maxMilliseconds,
    temperature: params.temperature,
    seed: params.seed,
  };
}

/** Models are trained on line feeds alone. */
function normalised(params: CompleteParams): CompleteParams {
  return { ...params, prefix: withLineFeeds(params.prefix), suffix: withLineFeeds(params.suffix) };
}

function withLineFeeds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function check(params: CompleteParams): void {
  const { maxTokens, maxLines, maxMilliseconds, temperature } = params;
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new EngineError('badInput', 'the number of tokens must be a whole number of at least 1');
  }
  if (!Number.isInteger(maxLines) || maxLines < 0) {
    throw new EngineError('badInput', 'the number of lines must be a whole number of at least 0');
  }
  if (!(maxMilliseconds >= 0))
    throw new EngineError('badInput', 'the time limit must be at least 0 milliseconds');
  if (!(temperature >= 0)) throw new EngineError('badInput', 'the temperature must be at least 0');
}
