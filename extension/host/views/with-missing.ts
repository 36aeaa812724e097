import type { CompletionFigures } from '../../protocol/figures.ts';

/** A completion of few tokens has no rate, no activity or no recall: the one before it tells more than a dash. */
export function withMissing(figures: CompletionFigures, before: CompletionFigures | null): CompletionFigures {
  if (before === null) return figures;
  const { activity, recall } = figures.neuronSplit;
  const neuronSplit = {
    ...figures.neuronSplit,
    activity: activity ?? before.neuronSplit.activity,
    recall: recall ?? before.neuronSplit.recall,
  };
  return {
    ...figures,
    tokensPerSecond: figures.tokensPerSecond ?? before.tokensPerSecond,
    bytesPerToken: figures.bytesPerToken ?? before.bytesPerToken,
    neuronSplit,
  };
}
