/** The editor's own completions, one line each, greedy: what fills the gap of an infilling task. */
import type { CompleteResult } from '../../../protocol/requests.ts';
import type { LoadedModel } from '../../model/load-model.ts';
import { suggestWith } from '../suggest.ts';
import { askedOf } from './task.ts';
import { TokenClock } from './token-clock.ts';
import type { Write, WritingFigures } from './writer.ts';

/** @param signal aborted: the completion under way rejects with the signal's reason */
export function infillingWriter(model: LoadedModel, signal: AbortSignal): Write {
  let clock = new TokenClock();
  const onText = () => {
    clock.tick();
  };
  const suggest = suggestWith(model, signal, { onText });
  return async (task) => {
    clock = new TokenClock();
    const { prompt: prefix } = askedOf(task, 'infilling');
    const result = await suggest({ prefix, suffix: task.tail, path: null, maxLines: 1 });
    const { text: completion, overlap, stopReason: end } = result;
    return { completion, overlap, end, figures: figuresOf(result, clock) };
  };
}

function figuresOf(
  { promptTokens, tokens, timeToFirstTokenMs, neuronSplit, drafts }: CompleteResult,
  clock: TokenClock,
): WritingFigures {
  return {
    promptTokens,
    tokens,
    prefillMs: Number(timeToFirstTokenMs.toFixed(1)),
    decodeMs: Number(clock.intervals.reduce((sum, one) => sum + one, 0).toFixed(1)),
    processorMs: Number(clock.processorMs().toFixed(1)),
    tokenMs: clock.intervals.map((one) => Number(one.toFixed(2))),
    activity: neuronSplit.activity,
    gates: null,
    keptMass: neuronSplit.recall,
    adapting: null,
    ...drafts.sparse,
  };
}
