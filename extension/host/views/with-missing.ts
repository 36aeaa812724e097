import type { CompletionFigures } from '../../protocol/figures.ts';

export interface FilledFigures extends CompletionFigures {
  /** Whether the rate is that of a completion before this one. False when left out. */
  readonly isRateOfBefore?: boolean;
}

/** A completion of few tokens has no rate, no activity or no recall: the one before it tells more than a dash. */
export function withMissing(figures: CompletionFigures, before: CompletionFigures | null): FilledFigures {
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
    isRateOfBefore: figures.tokensPerSecond === null,
    bytesPerToken: figures.bytesPerToken ?? before.bytesPerToken,
    neuronSplit,
  };
}
