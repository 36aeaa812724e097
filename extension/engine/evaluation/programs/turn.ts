/** A setting's turn: some tasks written and judged, several at a time where the model can, and a few of them alone. */
import type { Progress } from '../../benchmark/progress.ts';
import type { Contestant } from './contestant.ts';
import type { Judge } from './judge.ts';
import { recordOf } from './record.ts';
import { programOf, type Form, type ProgramTask } from './task.ts';
import type { Write } from './writer.ts';

/** One completion that is wanted. */
export interface Wanted {
  readonly task: ProgramTask;
  readonly sample: number;
  /** Written by itself whatever else could be: speeds are told of those. */
  readonly isAlone: boolean;
}

export interface Turn {
  readonly form: Form;
  readonly judge: Judge;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Those that have no record yet. @throws EngineError, the signal's reason */
export async function takeTurn(contestant: Contestant, turn: readonly Wanted[], tools: Turn): Promise<void> {
  const isWritten = ({ task, sample }: Wanted) => contestant.records?.has(task.id, sample) === true;
  for (const { task } of turn.filter(isWritten)) step(contestant, task, tools);
  const missing = turn.filter((one) => !isWritten(one));
  if (missing.length === 0) return;
  const { write, lanes, parallel } = await contestant.makeReady();
  const isSingle = ({ isAlone }: Wanted) => isAlone || lanes.length === 0;
  for (const one of missing.filter(isSingle)) await solve(contestant, one, { ...tools, write, parallel: 1 });
  const rest = missing.filter((one) => !isSingle(one));
  await inLanes(lanes, rest, (one, lane) => solve(contestant, one, { ...tools, write: lane, parallel }));
}

/** Each lane takes the next one whenever it is free. Where one fails no further one is begun, and it rejects once all have ended. */
async function inLanes(
  lanes: readonly Write[],
  wanted: Wanted[],
  work: (one: Wanted, lane: Write) => Promise<void>,
): Promise<void> {
  const ends = await Promise.allSettled(
    lanes.map(async (lane) => {
      try {
        for (let one = wanted.shift(); one !== undefined; one = wanted.shift()) await work(one, lane);
      } catch (failure) {
        wanted.length = 0;
        throw failure;
      }
    }),
  );
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

interface Solving extends Turn {
  readonly write: Write;
  readonly parallel: number;
}

async function solve(contestant: Contestant, { task, sample }: Wanted, solving: Solving): Promise<void> {
  const { form, judge, signal, write, parallel } = solving;
  const { peakMemoryBytes } = await contestant.makeReady();
  step(contestant, task, solving);
  const written = await write(task, sample);
  const outcome = await judge.outcomeOf(programOf(task, written.completion, form, written.overlap), signal);
  const judged = { task, sample, written, outcome, parallel, peakMemoryBytes: peakMemoryBytes() };
  const { records } = contestant;
  if (records !== null) records.add(recordOf(judged, form, records.settings));
}

function step({ name }: Contestant, { id }: ProgramTask, { progress }: Turn): void {
  progress.tell(`${name}: ${id}`);
  progress.step();
}
