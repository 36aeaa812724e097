/**
 * Thirty keys a second into a document, each calling off the question before it, with a pause now and then in which the
 * processor's rest is looked at.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadModelParams } from '../../extension/protocol/requests.ts';
import { Desk } from './desk.ts';
import { Person } from './person.ts';
import { computedMs } from './process-figures.ts';
import { TraceCheck } from './trace-lines.ts';

const keyMs = 1_000 / 30;
const burstMs = 5_000;
/** How the last key before a pause ends: what it asked for is waited for, or called off at once, as by closing the file. */
const endings = ['waited for', 'called off'] as const;
export type Ending = (typeof endings)[number];

const sampleMs = 10;
/** A process that takes less of a core than this rests: collecting garbage and timers are no work. */
const restingShare = 0.1;
const longestPauseMs = 3_000;
/** As long without work means that nothing follows; what is read ahead begins within 150 ms. */
const quietMs = 400;

export interface LoadReport {
  keys: number;
  asked: number;
  answered: number;
  shown: number;
  /** Shown, though no answer said so of the text that stood there. */
  stale: number;
  /** Stretches of computing in the engine's trace, and those that began before another on the same device had ended. */
  computed: number;
  overlapping: number;
  processes: number;
  /** Milliseconds from the last key of each burst to the engine's last work. */
  restAfter: Record<Ending, number[]>;
  /** Milliseconds from the last key of each burst whose answer was waited for to that answer; behind it, the engine reads ahead. */
  answerAfter: number[];
}

export interface LoadOptions {
  readonly load: LoadModelParams;
  readonly script: string;
  readonly folder: string;
  readonly seed: number;
  readonly milliseconds: number;
  /** Goes on until so many suggestions were shown, however long a busy machine needs; 0 when left out. */
  readonly fewestShown?: number;
}

export async function typeUnderLoad(options: LoadOptions): Promise<LoadReport> {
  const { load, script, folder, seed, milliseconds, fewestShown = 0 } = options;
  const trace = new TraceCheck();
  const person = new Person(folder, seed);
  let answered = 0;
  let lastAnswer = 0;
  const desk = new Desk({
    person,
    script,
    load: { ...load, trace: true },
    onLog: ({ message }) => {
      trace.hear(message);
    },
    onAnswer: () => {
      answered++;
      lastAnswer = performance.now();
    },
  });
  const restAfter: LoadReport['restAfter'] = { 'waited for': [], 'called off': [] };
  const answerAfter: number[] = [];
  let keys = 0;
  try {
    await desk.ask();
    const end = performance.now() + milliseconds;
    for (let burst = 0; performance.now() < end || desk.shown < fewestShown; burst++) {
      keys += await typeFor(burstMs, desk, person);
      const ending = endings[burst % endings.length] ?? 'waited for';
      const lastKey = performance.now();
      restAfter[ending].push(await restOf(desk, ending));
      if (ending === 'waited for') answerAfter.push(Math.max(0, lastAnswer - lastKey));
      desk.wander();
    }
    const { asked } = desk.witness;
    const { shown, stale, started: processes } = desk;
    const { bars: computed, overlapping } = trace;
    return { keys, asked, answered, shown, stale, computed, overlapping, processes, restAfter, answerAfter };
  } finally {
    await desk.close();
  }
}

/** @returns the number of keys; the last one has just been pressed */
async function typeFor(milliseconds: number, desk: Desk, person: Person): Promise<number> {
  const start = performance.now();
  let keys = 0;
  while (performance.now() - start < milliseconds) {
    person.press();
    void desk.ask();
    keys++;
    await sleep(Math.max(0, start + keys * keyMs - performance.now()));
  }
  person.press();
  void desk.ask();
  return keys + 1;
}

/** @returns milliseconds until the engine computed for the last time */
async function restOf(desk: Desk, ending: Ending): Promise<number> {
  const start = performance.now();
  if (ending === 'called off') {
    desk.callOff();
    desk.scheduler.forget();
    desk.scheduler.attend(() => null);
  }
  const { pid } = desk.supervisor;
  if (pid === undefined) throw new Error('there is no engine');
  let lastWork = start;
  let [at, computed] = [start, computedMs(pid)];
  while (at - lastWork < quietMs && at - start < longestPauseMs) {
    await sleep(sampleMs);
    const [now, since] = [performance.now(), computedMs(pid)];
    if (since - computed > restingShare * (now - at)) lastWork = now;
    [at, computed] = [now, since];
  }
  return lastWork - start;
}
