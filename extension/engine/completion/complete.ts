/** Use case: one completion with a loaded model, from the text around the cursor to trimmed text and figures. */
import type { CompleteParams, CompleteResult } from '../../protocol/requests.ts';
import type { NativeFiring, NativeGenerateOptions, NativeGeneration } from '../addon.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { grammarFor } from '../syntax/grammars.ts';
import { checkedParams } from './checked-params.ts';
import { confidenceOf, evidenceOf } from './confidence.ts';
import { type CallersLimits, LimitWatch, noLimits } from './callers-limits.ts';
import { completionFigures } from './completion-figures.ts';
import { generate } from './generate.ts';
import type { DocumentPrompts } from './prompt/document-prompts.ts';
import type { Rates } from './rates.ts';
import { isInsideLine, surroundingsOf } from './surroundings.ts';
import { firstLines } from './trimming/lines.ts';
import { finishWatch, trimCompletion } from './trimming/trim-completion.ts';

/** Only read when temperature > 0; llama.cpp's own defaults. */
const sampling = { topK: 40, topP: 0.95, minP: 0.05 };

export interface CompletionTools {
  readonly model: LoadedModel;
  readonly prompts: DocumentPrompts;
  readonly rates: Pick<Rates, 'affordableTokens' | 'record'>;
  /** What the prompt of a place in no document tells of other files; nothing when left out. */
  readonly context?: Int32Array;
  /** Aborted: the native computation ends within one token, and the completion resolves as `cancelled`. */
  readonly signal: AbortSignal;
  /** Newly generated text, not trimmed yet. */
  readonly onText: (text: string) => void;
  /**
   * Whether tokens may be drafted, as many as measured times make worth it; yes when left out. The text is the same, but
   * probabilities round by how many tokens are computed at once.
   */
  readonly draft?: boolean;
  /** Told which neurons fired, where any was seen; left out: nobody watches, and nothing is spent on it. */
  readonly onFiring?: (firing: NativeFiring) => void;
  /** What the caller wants besides what `CompleteParams` says; none when left out. */
  readonly limits?: CallersLimits;
}

/** @throws EngineError */
export async function complete(request: CompleteParams, tools: CompletionTools): Promise<CompleteResult> {
  const start = performance.now();
  const params = checkedParams(request);
  const { native, description, calibration } = tools.model;
  const around = surroundingsOf(params.prefix, params.suffix, await grammarFor(params), params);
  const maxLines = isInsideLine(around) ? 1 : params.maxLines;
  const maxTokens = Math.min(params.maxTokens, Math.floor(description.contextLength / 2));
  const place = tools.context === undefined ? params : { ...params, context: tools.context };
  const prompt = tools.prompts.promptFor(place, maxTokens, tools.rates.affordableTokens());

  const preparedMs = performance.now() - start;
  const isFinished = finishWatch(around);
  const sequence = prompt.sequence === null ? {} : { sequence: prompt.sequence.name };
  const options = {
    ...optionsOf(params, maxTokens, maxLines),
    held: prompt.held,
    draft: tools.draft ?? true,
    watch: tools.onFiring !== undefined,
    ...sequence,
  };
  const limits = tools.limits ?? noLimits;
  const watch = new LimitWatch(limits);
  const { generation, isDone } = await generate(native, prompt.tokens, options, {
    ...tools,
    isDone: (text) => firstLines(text, maxLines) !== text || watch.isEnough(text) || isFinished(text),
  }).catch((error: unknown) => {
    tools.prompts.recordFailure(prompt);
    throw error;
  });
  if (generation.firing) tools.onFiring?.(generation.firing);
  const isBegun = generation.cachedTokens + generation.prefilledTokens > 0;
  tools.prompts.record(prompt, { held: generation.held, isBegun });
  tools.rates.record(generation);
  const wanted = generation.text.slice(0, limits.cut(generation.text));
  const text = firstLines(wanted, maxLines);
  const isWholeLine = text !== wanted;
  const { said, ...shown } = trimCompletion(
    isWholeLine ? `${text}\n` : text,
    around,
    watch.isLate || ranOut(generation),
  );
  const evidence = evidenceOf(generation, firstLines(said, 1));
  return {
    ...shown,
    ...(prompt.isShort ? { isProvisional: true } : {}),
    evidence,
    ...completionFigures(generation, native, { preparedMs, totalMs: performance.now() - start }),
    confidence: evidence === null ? null : confidenceOf(evidence, calibration.weights),
    ...(isDone ? { stopReason: watch.isLate ? 'maxTime' : isWholeLine ? 'maxLines' : 'trimmed' } : {}),
  };
}

function ranOut({ stopReason }: NativeGeneration): boolean {
  return stopReason === 'maxTokens' || stopReason === 'maxTime' || stopReason === 'contextFull';
}

function optionsOf(params: CompleteParams, maxTokens: number, maxLines: number): NativeGenerateOptions {
  return {
    ...sampling,
    maxTokens,
    // A line feed at the very start ends the cursor's line: the addon would count it as a line.
    maxLines: maxLines === 0 ? 0 : maxLines + 1,
    maxMilliseconds: params.maxMilliseconds,
    temperature: params.temperature,
    seed: params.seed,
  };
}
