/** What the engine is doing, as everything that shows or uses it sees it. */
import type { ModelFigures } from '../../protocol/figures.ts';

export type EngineState =
  /** Switched off by the person. */
  | { readonly kind: 'disabled' }
  /** Nothing runs yet: the first place attended to, or the first completion, starts it. */
  | { readonly kind: 'stopped' }
  /** The same again: nobody asked for long, and memory is free meanwhile. */
  | { readonly kind: 'resting' }
  | { readonly kind: 'starting' }
  /** `fraction` is between 0 and 1. */
  | { readonly kind: 'loading'; readonly fraction: number }
  /** The model is the one for the place that was asked for last. */
  | { readonly kind: 'ready'; readonly model: ModelFigures }
  | { readonly kind: 'busy'; readonly model: ModelFigures }
  /** Stays so until a person restarts it, chooses another model or changes a setting. */
  | { readonly kind: 'failed'; readonly reason: string; readonly cause: FailureCause };

/** Whose fault it is decides which way out is offered. */
export type FailureCause = 'model' | 'engine';
