/**
 * A long day: so many completions with edits, changes of files, cancellations and acceptances, and what became of memory,
 * handles and speed meanwhile.
 *
 *     npm run soak -- [--completions 50000] [--model MODEL] [--minutes 600] [--tokens 64] [--threads 0] [--seed 1]
 */
import { join, resolve } from 'node:path';
import { setImmediate as immediately, setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { engineScript, loadParams } from '../engine/engine-client.ts';
import { root } from '../engine/model.ts';
import { Desk } from './desk.ts';
import { Person } from './person.ts';
import { figuresOf } from './process-figures.ts';
import { percentile, slope, tenths } from './series.ts';

const { values } = parseArgs({
  options: {
    completions: { type: 'string', default: '50000' },
    model: { type: 'string' },
    minutes: { type: 'string', default: '100000' },
    tokens: { type: 'string', default: '64' },
    threads: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const completions = Number(values.completions);
const end = performance.now() + Number(values.minutes) * 60_000;
const path = values.model === undefined ? null : resolve(values.model);
/** Caches fill and the allocator settles: growth is looked for behind the first fifth. */
const warmUp = 0.2;
const sampleEveryMs = 5_000;

interface Sample {
  readonly asked: number;
  readonly engineOwn: number;
  readonly engineResident: number;
  readonly hostHeap: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly hostHandles: number;
}

const latencies: number[] = [];
let cancelled = 0;
const person = new Person(join(root, 'extension', 'scheduling'), Number(values.seed));
const desk = new Desk({
  person,
  script: engineScript,
  load: { ...loadParams, path, contextLength: 4096, threads: Number(values.threads) },
  maxTokens: Number(values.tokens),
  onAnswer: (_, milliseconds) => latencies.push(milliseconds),
  onLog: ({ level, message }) => {
    if (level === 'warn' || level === 'error') console.error(`${level}: ${message}`);
  },
});

/** Types some letters and reads what comes, or types on before it does. */
async function work(): Promise<void> {
  for (let keys = person.count(12); keys > 0; keys--) {
    person.press();
    const answer = desk.ask();
    const isPatient = keys === 1 && person.chance(0.7);
    if (!isPatient) {
      await (person.chance(0.3) ? sleep(person.count(30)) : immediately());
      cancelled++;
      continue;
    }
    const suggestion = await answer;
    if (suggestion !== null && person.chance(0.3)) person.accept(suggestion);
  }
  if (!person.chance(0.3)) return;
  desk.wander();
  if (person.chance(0.2)) await sleep(200);
}

function sample(): Sample {
  globalThis.gc?.();
  const { pid } = desk.supervisor;
  if (pid === undefined) throw new Error('there is no engine');
  const engine = figuresOf(pid);
  return {
    asked: desk.witness.asked,
    engineOwn: engine.own,
    engineResident: engine.resident,
    hostHeap: process.memoryUsage().heapUsed / 2 ** 20,
    descriptors: engine.descriptors,
    threads: engine.threads,
    hostHandles: process.getActiveResourcesInfo().length,
  };
}

function report(taken: readonly Sample[]): void {
  const { asked } = desk.witness;
  console.log(`${asked} completions asked for, ${latencies.length} answered, the others called off`);
  console.log(
    `${cancelled} questions left before their answer; ${desk.shown} suggestions shown, ${desk.stale} stale`,
  );
  console.log(`${desk.started} engine process(es)`);
  console.log('\ntenth        p50 ms   p95 ms');
  for (const [index, part] of tenths(latencies).entries())
    console.log(
      `${index + 1}`.padEnd(10),
      ...[0.5, 0.95].map((share) => percentile(part, share).toFixed(1).padStart(8)),
    );
  console.log('\n                    first      last   per 1,000 completions, behind the first fifth');
  for (const name of [
    'engineOwn',
    'engineResident',
    'hostHeap',
    'descriptors',
    'threads',
    'hostHandles',
  ] as const) {
    const late = taken.filter((one) => one.asked >= asked * warmUp);
    const growth = slope(late.map((one) => [one.asked / 1_000, one[name]]));
    const ends = [taken[0]?.[name] ?? NaN, taken.at(-1)?.[name] ?? NaN].map((value) =>
      value.toFixed(1).padStart(9),
    );
    console.log(name.padEnd(15), ...ends, growth.toFixed(4).padStart(10));
  }
}

const taken: Sample[] = [];
let nextSample = 0;
const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});
process.once('SIGTERM', () => {
  stop.abort();
});
try {
  while (desk.witness.asked < completions && performance.now() < end && !stop.signal.aborted) {
    await work();
    if (performance.now() < nextSample || desk.supervisor.pid === undefined) continue;
    const now = sample();
    taken.push(now);
    console.log(JSON.stringify(now));
    nextSample = performance.now() + sampleEveryMs;
  }
  report(taken);
} finally {
  await desk.close();
}
