/** How a model answers that is only measured: the same few tokens each time, to the last. */
import type { NativeGenerateOptions } from '../addon.ts';

export const trialGeneration: NativeGenerateOptions = {
  maxTokens: 8,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  topK: 1,
  topP: 1,
  minP: 0,
  seed: 0,
  ignoreEndOfText: true,
  // Text as regular or random as that of a measurement has drafts that are all right, or none.
  draft: false,
};
