/** Who takes part in a benchmark: llama.cpp, and every mode of the hybrid decoder that the model allows. */
import type { DecoderName, LocalDecoderName, Mode } from '../../protocol/figures.ts';
import type { NativeDescription } from '../addon.ts';
import { asEngineError, EngineError } from '../errors.ts';

export interface Contender {
  readonly decoder: LocalDecoderName;
  readonly mode: Mode;
}

/** What the others are measured against. */
export const reference: Contender = { decoder: 'llama.cpp', mode: 'dense' };

const modesOf: Readonly<Record<NativeDescription['hiddenActivation'], readonly Mode[]>> = {
  relu: ['dense', 'exact', 'predicted'],
  drelu: ['dense', 'exact', 'predicted'],
  silu: ['dense', 'thresholded'],
  gelu: ['dense'],
  other: [],
};

/**
 * The hybrid decoder's contenders.
 * @param asked null: every mode that makes sense for the activation function
 * @throws EngineError when a mode that was asked for makes none
 */
export function contenders(
  activation: NativeDescription['hiddenActivation'],
  asked: readonly Mode[] | null,
): Contender[] {
  const allowed = modesOf[activation];
  const refused = asked?.find((mode) => !allowed.includes(mode));
  if (refused !== undefined) {
    const choice = allowed.length === 0 ? 'llama.cpp alone runs it' : `choose from ${allowed.join(', ')}`;
    throw new EngineError(
      'badInput',
      `mode ${refused} is not for a model with ${activation} activation: ${choice}`,
    );
  }
  return (asked ?? allowed).map((mode) => ({ decoder: 'hybrid', mode }));
}

/** A mode that was not asked for by name and cannot run. */
export interface LeftOut {
  readonly mode: Mode;
  readonly reason: string;
}

/**
 * What keeps a mode from running on this model, such as a profile that is missing.
 * @param asked a mode asked for by name has to run: null leaves out what can't
 * @throws what was thrown, where it is no such thing
 */
export function reasonToLeaveOut(thrown: unknown, asked: readonly Mode[] | null): string {
  const { kind, message } = asEngineError(thrown);
  if (asked === null && (kind === 'badInput' || kind === 'badModel')) return message;
  throw thrown;
}

/** For progress, notes and charts. */
export function nameOf({ decoder, mode }: { decoder: DecoderName; mode: Mode }): string {
  return `${decoder} ${mode}`;
}
