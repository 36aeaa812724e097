/** What is answered where a request was cancelled before anything was computed for it. */
import { noDrafts, type CompletionFigures } from '../../protocol/figures.ts';
import type { CompleteResult } from '../../protocol/requests.ts';
import type { LoadedModel } from '../model/load-model.ts';
import { neuronSplit } from '../model/model-figures.ts';

export function nothingFrom(model: LoadedModel): CompleteResult {
  return { ...neverBegun(model), text: '', overlap: 0, evidence: null };
}

export function neverBegun({ description }: LoadedModel): CompletionFigures {
  return {
    tokens: 0,
    promptTokens: 0,
    cachedTokens: 0,
    timeToFirstTokenMs: 0,
    totalMs: 0,
    tokensPerSecond: null,
    passes: 0,
    drafts: noDrafts(),
    decoder: description.decoder,
    device: description.device,
    neuronSplit: neuronSplit(description, null),
    confidence: null,
    stopReason: 'cancelled',
    bytesPerToken: null,
  };
}
