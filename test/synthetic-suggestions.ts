/** Records of suggestions whose true confidence is known. */
import { confidenceOf } from '../extension/engine/completion/confidence.ts';
import { Random } from '../extension/engine/evaluation/random.ts';
import type { RecordedSuggestion } from '../extension/engine/evaluation/suggestion-records.ts';

/** bias, w_sum, w_min, w_count. */
export const truth = [1.5, 0.8, -0.4, -0.7] as const;

/** Suggestions of 1 to 20 tokens in twenty files, right with the probability that the true weights give them. */
export function syntheticSuggestions(count: number): RecordedSuggestion[] {
  const random = new Random('suggestions');
  return Array.from({ length: count }, (_, index) => {
    const logs = Array.from({ length: 1 + random.below(20) }, () => Math.log(random.next()) / 3);
    const evidence = {
      sumLogP: logs.reduce((sum, log) => sum + log, 0),
      minLogP: Math.min(...logs),
      tokens: logs.length,
    };
    return {
      ...evidence,
      language: index % 2 === 0 ? 'Go' : 'Rust',
      path: `file-${index % 20}`,
      written: 'word',
      right: random.next() < confidenceOf(evidence, truth),
    };
  });
}
