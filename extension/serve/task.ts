/** What a request asks the engine for, whichever dialect it was asked in. */
import type { Engine } from '../engine/engine.ts';
import type { CompletionFigures } from '../protocol/figures.ts';

/** In llama.cpp's words. `none`: something else ended it, a newer request or a hang-up. */
export type StopType = 'none' | 'eos' | 'limit' | 'word';

export interface Answer {
  readonly text: string;
  readonly stopType: StopType;
  /** Empty unless a stop string ended the text. */
  readonly stoppingWord: string;
  /** null: nothing was computed. */
  readonly figures: Omit<CompletionFigures, 'confidence'> | null;
}

export interface Task {
  /** Newer tasks of the same end this one; null: it is let alone. */
  readonly of: string | null;
  /**
   * @param onText text as it comes, all of which the answer begins with; a text that may still be cut comes at the end alone
   * @throws EngineError
   */
  readonly run: (engine: Engine, signal: AbortSignal, onText: (text: string) => void) => Promise<Answer>;
}

/** Of a text that was neither superseded nor let go, and that no stop string ended. */
export function stopTypeOf({ stopReason }: Pick<CompletionFigures, 'stopReason'>): StopType {
  if (stopReason === 'cancelled') return 'none';
  const isLimit = stopReason === 'maxTokens' || stopReason === 'maxTime' || stopReason === 'contextFull';
  return isLimit ? 'limit' : 'eos';
}
