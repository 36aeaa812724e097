/** What is wanted of the engine: the last word of settings and commands, whatever runs meanwhile. */
import type { ModelFigures } from '../../protocol/figures.ts';
import type { LoadModelParams } from '../../protocol/requests.ts';

export interface Wanted {
  /** Switched on by the person. */
  readonly isOn: boolean;
  /** Somebody asked for a completion since it was switched on: nothing is started before. */
  readonly isAsked: boolean;
  /** It was, and then nobody asked for so long that it was sent to rest. */
  readonly isResting: boolean;
  /** Raised when a fresh process is wanted: one of an earlier generation has to go. */
  readonly generation: number;
  readonly params: LoadModelParams;
  /** When `params` were said, on the count that trials have as well. */
  readonly word: number;
  /** Oldest first. */
  readonly trials: readonly Trial[];
}

/** A model to load beside the one that is there, which stays if this fails. */
export interface Trial {
  readonly params: LoadModelParams;
  /** If it loads, it is what is wanted from then on, unless something else was said later. */
  readonly word: number;
  readonly resolve: (model: ModelFigures) => void;
  readonly reject: (error: Error) => void;
}

/** Whether there has to be a process. */
export function isNeeded({ isOn, isAsked, trials }: Wanted): boolean {
  return isOn && (isAsked || trials.length > 0);
}
