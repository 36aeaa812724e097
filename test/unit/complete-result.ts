/** An answer of the engine that says nothing; what a test is about, it says itself. */
import { noDrafts } from '../../extension/protocol/figures.ts';
import type { CompleteResult } from '../../extension/protocol/requests.ts';

export const completeResult: CompleteResult = {
  text: '',
  overlap: 0,
  tokens: 1,
  evidence: null,
  promptTokens: 1,
  cachedTokens: 0,
  timeToFirstTokenMs: 1,
  totalMs: 1,
  tokensPerSecond: null,
  passes: 1,
  drafts: noDrafts(),
  decoder: 'hybrid',
  device: null,
  neuronSplit: { hot: 1, cold: 0, gpu: 0, cpu: 1, activity: null, recall: null },
  confidence: null,
  stopReason: 'endOfText',
  bytesPerToken: null,
};
