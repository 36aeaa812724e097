/**
 * The engine's state machine, as two functions of what is wanted and what runs: what to do next, and what to call it.
 * They decide everything anew each time, so nothing that happened on the way can be forgotten or mistaken.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { EngineState } from './engine-state.ts';
import type { Fresh, Loaded, Loading, Running, Situation } from './running.ts';
import { isNeeded, type Trial, type Wanted } from './wanted.ts';

export type Step =
  | { readonly kind: 'spawn' }
  | {
      readonly kind: 'load';
      readonly into: Fresh | Loaded;
      readonly params: LoadModelParams;
      readonly trial: Trial | null;
    }
  | { readonly kind: 'end'; readonly process: Fresh | Loading | Loaded }
  /** Something is under way and will report. */
  | { readonly kind: 'wait' }
  /** What runs is what is wanted, as far as that can be had. */
  | { readonly kind: 'rest' };

export function nextStep(wanted: Wanted, situation: Situation): Step {
  const { running } = situation;
  switch (running.kind) {
    case 'ending':
      return { kind: 'wait' };
    case 'none':
      return withoutProcess(wanted, situation);
    default:
      if (!isNeeded(wanted) || running.generation !== wanted.generation)
        return { kind: 'end', process: running };
      return withProcess(wanted, running, situation);
  }
}

function withoutProcess(wanted: Wanted, situation: Situation): Step {
  if (!isNeeded(wanted)) return { kind: 'rest' };
  if (hasFailed(wanted, situation)) return { kind: 'rest' };
  return { kind: situation.isPausing ? 'wait' : 'spawn' };
}

function withProcess(wanted: Wanted, process: Fresh | Loading | Loaded, situation: Situation): Step {
  const trial = wanted.trials[0] ?? null;
  switch (process.kind) {
    case 'fresh':
      if (hasFailed(wanted, situation)) return { kind: 'end', process };
      return { kind: 'load', into: process, params: trial?.params ?? wanted.params, trial };
    case 'loading':
      // What is wanted may change during a trial; who is right is settled after it.
      if (process.trial !== null || isSame(process.params, wanted.params)) return { kind: 'wait' };
      return answering(process, wanted) === null ? { kind: 'end', process } : { kind: 'wait' };
    case 'loaded': {
      const isWanted = isSame(process.params, wanted.params);
      // A model that fails leaves those alone that are for other places.
      if (hasFailed(wanted, situation)) return isWanted ? { kind: 'end', process } : { kind: 'rest' };
      if (!isWanted && situation.failure === null)
        return { kind: 'load', into: process, params: wanted.params, trial: null };
      return trial === null ? { kind: 'rest' } : { kind: 'load', into: process, params: trial.params, trial };
    }
  }
}

/** Nothing more is tried with what is wanted; a trial brings a model of its own. */
function hasFailed({ trials }: Wanted, { failure }: Situation): boolean {
  return failure !== null && trials.length === 0;
}

export function stateOf(wanted: Wanted, situation: Situation): EngineState {
  const { running, failure } = situation;
  if (!wanted.isOn) return { kind: 'disabled' };
  if (running.kind === 'loading') return { kind: 'loading', fraction: running.fraction };
  if (running.kind === 'loaded' && isSame(running.params, wanted.params))
    return { kind: running.inFlight > 0 ? 'busy' : 'ready', model: running.model };
  if (!isNeeded(wanted)) return { kind: wanted.isResting ? 'resting' : 'stopped' };
  if (failure !== null && hasFailed(wanted, situation)) return { kind: 'failed', ...failure };
  return { kind: 'starting' };
}

/** The model that answers completions now: the wanted one, also while another is loaded on trial. */
export function answering(running: Running, { params }: Wanted): Loaded | null {
  const process = running.kind === 'loading' ? running.before : running;
  return process.kind === 'loaded' && isSame(process.params, params) ? process : null;
}

export function isSame(left: LoadModelParams, right: LoadModelParams): boolean {
  return isDeepStrictEqual(left, right);
}
