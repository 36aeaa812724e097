/** What drafts save over some completions. */
import type { DraftCount, Drafts, DraftSource } from '../../../protocol/figures.ts';
import { quantile, spread } from '../../benchmark/statistics.ts';
import type { Pair } from './pair.ts';

export interface DraftFigures {
  /** `random`: the rest of the line at random places; `typed`: where suggestions are asked for while text is typed. */
  readonly places: 'random' | 'typed';
  readonly completions: number;
  readonly tokens: number;
  readonly tokensPerPass: number;
  /** Decode time without drafts over that with them, of each completion: the median, and half the quartiles' distance. */
  readonly timesFaster: number;
  readonly timesFasterDeviation: number;
  /** Of the tenth that gains least, at the most. */
  readonly timesFasterOfSlowest: number;
  /** Of all completions' time together. */
  readonly timesFasterInAll: number;
  readonly drafts: Drafts;
  /** Completions whose tokens were not those without drafts: none, or the engine is wrong. */
  readonly different: number;
}

/** @param pairs at least one */
export function draftFigures(places: DraftFigures['places'], pairs: readonly Pair[]): DraftFigures {
  const ratios = pairs.map(({ plainMs, draftedMs }) => plainMs / draftedMs);
  const { median, deviation } = spread(ratios);
  const sumOf = (of: (pair: Pair) => number) => pairs.reduce((sum, pair) => sum + of(pair), 0);
  const countOf = (source: DraftSource): DraftCount => ({
    drafted: sumOf(({ drafts }) => drafts[source].drafted),
    accepted: sumOf(({ drafts }) => drafts[source].accepted),
  });
  const tokens = sumOf((pair) => pair.tokens);
  return {
    places,
    completions: pairs.length,
    tokens,
    tokensPerPass: tokens / sumOf(({ passes }) => passes),
    timesFaster: median,
    timesFasterDeviation: deviation,
    timesFasterOfSlowest: quantile(
      ratios.toSorted((left, right) => left - right),
      0.1,
    ),
    timesFasterInAll: sumOf(({ plainMs }) => plainMs) / sumOf(({ draftedMs }) => draftedMs),
    drafts: {
      held: countOf('held'),
      said: countOf('said'),
      prompt: countOf('prompt'),
      sparse: countOf('sparse'),
    },
    different: pairs.filter(({ isIdentical }) => !isIdentical).length,
  };
}
