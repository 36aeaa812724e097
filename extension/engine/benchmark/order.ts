/** The order of a benchmark: there and back, so that a machine that drifts favours no contender by its place. */
import type { Contender } from './contenders.ts';

/** Consecutive rounds of one contender, for which it is loaded. */
export interface Turn {
  readonly contender: Contender;
  readonly rounds: readonly number[];
}

/** @param round counted from 1: the odd ones go there, the even ones back */
export function inOrder<T>(all: readonly T[], round: number): readonly T[] {
  return round % 2 === 1 ? all : all.toReversed();
}

/**
 * Of contenders that are loaded one at a time, which takes longer than a round: there with the first half of the rounds
 * and back with the second. The last of them stays loaded at the turn.
 * @param rounds how many, numbered from 1
 */
export function turnsOf(all: readonly Contender[], rounds: number): Turn[] {
  const numbers = Array.from({ length: rounds }, (_, index) => index + 1);
  const half = Math.ceil(rounds / 2);
  const others = all.slice(0, -1);
  const turns = [
    ...others.map((contender) => ({ contender, rounds: numbers.slice(0, half) })),
    ...all.slice(-1).map((contender) => ({ contender, rounds: numbers })),
    ...others.toReversed().map((contender) => ({ contender, rounds: numbers.slice(half) })),
  ];
  return turns.filter((turn) => turn.rounds.length > 0);
}
