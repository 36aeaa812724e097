/** What logits say of the text they were computed from. */

export interface Score {
  /** The most probable token at every position but the first. */
  readonly best: Int32Array;
  /** What the tokens behind the first cost under the model: the sum of −log₂ of their probabilities. */
  readonly bits: number;
}

/**
 * @param logits row-major [tokens.length, vocabularySize]: row i is for the token that follows tokens[i]
 * @param tokens of one sequence
 */
export function scoreOf(logits: Float32Array, tokens: Int32Array, vocabularySize: number): Score {
  const best = new Int32Array(tokens.length - 1);
  let bits = 0;
  for (let position = 0; position < best.length; position++) {
    const row = logits.subarray(position * vocabularySize, (position + 1) * vocabularySize);
    best[position] = indexOfLargest(row);
    bits += bitsAt(row, tokens[position + 1] ?? 0);
  }
  return { best, bits };
}

function indexOfLargest(row: Float32Array): number {
  let index = 0;
  for (let token = 1; token < row.length; token++) {
    if ((row[token] ?? 0) > (row[index] ?? 0)) index = token;
  }
  return index;
}

/** −log₂ of the softmax, the largest logit taken off first so that nothing overflows. */
function bitsAt(row: Float32Array, token: number): number {
  const largest = row[indexOfLargest(row)] ?? 0;
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - largest);
  return (Math.log(sum) - ((row[token] ?? 0) - largest)) / Math.LN2;
}
