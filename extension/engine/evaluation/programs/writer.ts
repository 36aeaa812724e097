/** Who solves the tasks: a model, or the set's own solutions, which have to pass. */
import type { StopReason } from '../../../protocol/figures.ts';
import { askedOf, type Form, type ProgramTask, type Suite } from './task.ts';
import { chatStops } from './chat-form.ts';
import { cutAtStops } from './stops.ts';

/** What writing one completion took. Times are milliseconds, shares lie between 0 and 1; null where the mode does not tell. */
export interface WritingFigures {
  readonly promptTokens: number;
  readonly tokens: number;
  readonly prefillMs: number;
  /** Behind the first token, by the clock and of processor time. */
  readonly decodeMs: number;
  readonly processorMs: number;
  /** From one token to the next. */
  readonly tokenMs: readonly number[];
  /** Of the CPU's neurons, those whose up and down rows were computed. */
  readonly activity: number | null;
  /** Of all neurons, those whose gate was computed. */
  readonly gates: number | null;
  /** Of the activation mass of neurons that may be left out, what was computed; sampled. */
  readonly keptMass: number | null;
  /** Share of the time that went into thresholds which follow what is decoded. */
  readonly adapting: number | null;
  /** Tokens drafted with neurons left out, and those of them that a dense pass chose as well. */
  readonly drafted: number;
  readonly accepted: number;
}

export interface Written {
  /** Up to the stop. */
  readonly completion: string;
  /** UTF-16 units of what stands behind that the completion replaces. */
  readonly overlap: number;
  /** `stop`: at one of the stops. */
  readonly end: StopReason | 'stop';
  /** null: nobody decoded. */
  readonly figures: WritingFigures | null;
}

/** @param sample from 0 on: of one task, one after the other */
export type Write = (task: ProgramTask, sample: number) => Promise<Written>;

export function stopsOf({ stops }: Suite, form: Form): readonly string[] {
  return form === 'chat' ? chatStops : stops;
}

/** The set's own solutions, cut at the stops of a continuation: they have to survive that too. */
export function canonicalWriter(suite: Suite, form: Form): Write {
  const stops = form === 'continuation' ? suite.stops : [];
  return (task) => {
    const { text, isCut } = cutAtStops(askedOf(task, form).canonical, stops);
    return Promise.resolve({
      completion: text,
      overlap: 0,
      end: isCut ? 'stop' : 'endOfText',
      figures: null,
    });
  };
}
