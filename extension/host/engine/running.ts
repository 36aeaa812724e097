/** What there is of an engine: at most one process at any time, and how far it has come. */
import type { ModelFigures } from '../../protocol/figures.ts';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { EngineProcess } from './engine-process.ts';
import type { FailureCause } from './engine-state.ts';
import type { Trial } from './wanted.ts';

/** What is asked of a process, so that a test can stand in for it. */
export type Engine = Pick<
  EngineProcess,
  | 'pid'
  | 'load'
  | 'complete'
  | 'attend'
  | 'leave'
  | 'tell'
  | 'profile'
  | 'measureMachine'
  | 'neurons'
  | 'firing'
  | 'foretell'
  | 'end'
  | 'kill'
>;

export type Running = NoProcess | Process;
export type Process = Fresh | Loading | Loaded | Ending;

export interface NoProcess {
  readonly kind: 'none';
}

/** It runs and holds no model. */
export interface Fresh {
  readonly kind: 'fresh';
  readonly engine: Engine;
  readonly generation: number;
}

export interface Loading {
  readonly kind: 'loading';
  readonly engine: Engine;
  readonly generation: number;
  readonly params: LoadModelParams;
  readonly trial: Trial | null;
  /** What it goes on answering with meanwhile, where that is still wanted. */
  readonly before: Fresh | Loaded;
  /** Between 0 and 1. */
  readonly fraction: number;
}

export interface Loaded {
  readonly kind: 'loaded';
  readonly engine: Engine;
  readonly generation: number;
  readonly params: LoadModelParams;
  /** Of a server, or of the model in its place: that may change. */
  model: ModelFigures;
  /** Completions that it has not answered yet. */
  inFlight: number;
}

/** Told to end; nothing it still says counts. */
export interface Ending {
  readonly kind: 'ending';
  readonly engine: Engine;
}

/** Why what is wanted can't be had, until a person says something else. */
export interface Failure {
  readonly reason: string;
  readonly cause: FailureCause;
}

/** All that deciding on the next step takes, besides what is wanted. */
export interface Situation {
  readonly running: Running;
  /** Of the engine, or of the model that is wanted. */
  readonly failure: Failure | null;
  /** It crashed a moment ago and is not started again yet. */
  readonly isPausing: boolean;
}
