/**
 * How sure the model is that the line it suggests is right, from the probabilities of its own tokens: their product, or
 * P(right) = sigmoid(bias + w_sum·Σ ln p + w_min·min ln p + w_count·ln n) with four weights that `hotset evaluate confidence`
 * fits.
 */
import type { ConfidenceEvidence } from '../../protocol/requests.ts';
import type { NativeGeneration } from '../addon.ts';

/** A probability that float32 can't tell from 0 counts as its smallest normal number. */
const leastProbability = 2 ** -126;

type Spoken = Pick<NativeGeneration, 'textEnds' | 'tokenProbabilities' | 'endProbability'>;

/**
 * @param shown the beginning of what was generated, as much of it as is worth showing
 * @returns null where nothing is shown, or nothing known of it
 */
export function evidenceOf(spoken: Spoken, shown: string): ConfidenceEvidence | null {
  // A server may tell none.
  if (shown === '' || spoken.textEnds.length === 0) return null;
  const logs = probabilitiesOf(spoken, shown).map((p) => Math.log(Math.max(p, leastProbability)));
  return {
    sumLogP: logs.reduce((sum, log) => sum + log, 0),
    minLogP: Math.min(...logs),
    tokens: logs.length,
  };
}

/** @param weights bias, w_sum, w_min, w_count; null: the plain product */
export function confidenceOf(
  { sumLogP, minLogP, tokens }: ConfidenceEvidence,
  weights: ArrayLike<number> | null,
): number {
  if (weights === null) return Math.exp(sumLogP);
  const [bias = 0, ofSum = 0, ofMin = 0, ofCount = 0] = Array.from(weights);
  return 1 / (1 + Math.exp(-(bias + ofSum * sumLogP + ofMin * minLogP + ofCount * Math.log(tokens))));
}

/**
 * Of the tokens up to the one that completes `shown`. Where it says no more than that, the one behind counts too: the end,
 * or what was trimmed away, says that the text ends there. Behind a token that says more, generating may have ended.
 */
function probabilitiesOf(
  { textEnds, tokenProbabilities, endProbability }: Spoken,
  shown: string,
): readonly number[] {
  const bytes = Buffer.byteLength(shown);
  const last = textEnds.findIndex((end) => end >= bytes);
  const whole = [...tokenProbabilities, ...(endProbability === null ? [] : [endProbability])];
  return whole.slice(0, textEnds[last] === bytes ? last + 2 : last + 1);
}
