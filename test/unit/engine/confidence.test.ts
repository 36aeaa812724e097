/** Expected values are computed by hand from the definition in extension/engine/completion/confidence.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confidenceOf, evidenceOf } from '../../../extension/engine/completion/confidence.ts';

/** Each piece of text with the probability of its token. */
function spoken(
  pieces: readonly (readonly [text: string, probability: number])[],
  end: number | null = null,
) {
  let bytes = 0;
  return {
    textEnds: Int32Array.from(pieces, ([text]) => (bytes += Buffer.byteLength(text))),
    tokenProbabilities: Float32Array.from(pieces, ([, probability]) => probability),
    endProbability: end,
  };
}

function assertEvidence(actual: ReturnType<typeof evidenceOf>, probabilities: readonly number[]): void {
  const logs = probabilities.map((probability) => Math.log(probability));
  assert.equal(actual?.tokens, probabilities.length);
  assert.ok(Math.abs(actual.sumLogP - logs.reduce((sum, log) => sum + log, 0)) < 1e-6);
  assert.ok(Math.abs(actual.minLogP - Math.min(...logs)) < 1e-6);
}

const code = [
  ['return', 0.5],
  [' x', 0.25],
  ['\n', 0.75],
  ['y', 0.125],
] as const;

test('a text shown whole counts all its tokens and the one that ended it', () => {
  assertEvidence(evidenceOf(spoken(code.slice(0, 2), 0.9), 'return x'), [0.5, 0.25, 0.9]);
});

test('without an end of its own, a text counts its tokens alone', () => {
  assertEvidence(evidenceOf(spoken(code.slice(0, 2)), 'return x'), [0.5, 0.25]);
});

test('of a trimmed text, the first token that was cut away counts as its end', () => {
  assertEvidence(evidenceOf(spoken(code, 0.9), 'return x'), [0.5, 0.25, 0.75]);
});

test('a text cut inside a token counts that token as its end, whether or not one was generated behind it', () => {
  assertEvidence(evidenceOf(spoken(code, 0.9), 'return '), [0.5, 0.25]);
  assertEvidence(evidenceOf(spoken(code.slice(0, 2)), 'return '), [0.5, 0.25]);
  assertEvidence(evidenceOf(spoken(code, 0.9), 'ret'), [0.5]);
});

test('tokens behind the one that ended the text do not count, however many were generated', () => {
  const long = [...code, ['z', 0.01]] as const;
  for (const generated of [code.slice(0, 3), code, long]) {
    assertEvidence(evidenceOf(spoken(generated), 'return x'), [0.5, 0.25, 0.75]);
  }
});

test('bytes are counted, not UTF-16 units: a character of several tokens ends with the last of them', () => {
  const emoji = {
    textEnds: Int32Array.of(1, 1, 1, 1, 5, 6),
    tokenProbabilities: Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.25, 0.125),
    endProbability: null,
  };
  assertEvidence(evidenceOf(emoji, 'a\u{1F600}'), [0.5, 0.5, 0.5, 0.5, 0.25, 0.125]);
  assertEvidence(evidenceOf(emoji, 'a'), [0.5, 0.5]);
});

test('nothing shown is evidence of nothing', () => {
  assert.equal(evidenceOf(spoken(code, 0.9), ''), null);
});

test('a probability of 0 is no infinity', () => {
  const evidence = evidenceOf(spoken([['a', 0]]), 'a');
  assert.ok(evidence !== null && evidence.sumLogP < -80 && Number.isFinite(evidence.sumLogP));
});

test('the confidence is the logistic of the weighted evidence', () => {
  const evidence = { sumLogP: -2, minLogP: -1.5, tokens: 4 };
  // 0.5 + 2·(−2) + 1·(−1.5) + 3·ln 4 = −0.841116916640...
  const confidence = confidenceOf(evidence, Float32Array.of(0.5, 2, 1, 3));
  assert.ok(Math.abs(confidence - 0.3012996) < 1e-6, String(confidence));
});

test('extreme weights give 0 or 1, never anything else', () => {
  const evidence = { sumLogP: -1000, minLogP: -80, tokens: 64 };
  assert.equal(confidenceOf(evidence, [0, 3e38, 0, 0]), 0);
  assert.equal(confidenceOf(evidence, [0, -3e38, 0, 0]), 1);
});

test('without weights, the confidence is the product of the probabilities', () => {
  assert.ok(
    Math.abs(confidenceOf({ sumLogP: Math.log(0.35), minLogP: -0.5, tokens: 3 }, null) - 0.35) < 1e-9,
  );
});
