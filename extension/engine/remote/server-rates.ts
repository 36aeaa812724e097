/** A server computes at a pace of its own, which a prompt's characters tell nothing of: it gets whole prompts. */
import type { Pacing } from '../completion/rates.ts';

/** Characters, as many as the tokens that a local model is told of other files. */
const contextCharacters = 1_536;

export const serverRates: Pacing = {
  takeTrial: () => false,
  affordableTokens: () => Infinity,
  contextTokens: () => contextCharacters,
  record: () => undefined,
  recordPrefill: () => undefined,
};
