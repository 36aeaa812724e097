/** What else a machine does while a benchmark runs: processes that keep a core each busy, or a second engine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { NativeModel } from '../../addon.ts';
import { generateOptions, promptOf } from '../runner.ts';

export interface Load {
  /** For a table: `2 busy processes`. */
  readonly name: string;
  /** Settles once it weighs on the machine. */
  start(): Promise<void>;
  /** Settles once it has ended. */
  stop(): Promise<void>;
}

/** Until the system's scheduler has spread the load over the cores. */
const settlingMs = 500;
/** Of the second engine. */
const promptTokens = 16;
const tokensAtATime = 128;
/** Tokens that the second engine's model needs room for. */
export const secondEngineContext = promptTokens + tokensAtATime;

/** Ends with its parent, whatever ends that one. */
const busyProgram = `
  const parent = process.ppid;
  process.stdout.write('busy');
  while (process.ppid === parent) for (let i = 0; i < 1e8; i++);
`;

/** Settles once the process says so. */
async function isBusy({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(stdout, 'data');
}

/** @param count at least one */
export function busyProcesses(count: number): Load {
  let processes: ChildProcess[] = [];
  return {
    name: count === 1 ? 'one busy process' : `${String(count)} busy processes`,
    async start() {
      processes = Array.from({ length: count }, () =>
        spawn(process.execPath, ['-e', busyProgram], {
          stdio: ['ignore', 'pipe', 'inherit'],
          env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        }),
      );
      await Promise.all(processes.map(isBusy));
      await setTimeout(settlingMs);
    },
    async stop() {
      const ends = processes.map((process) => once(process, 'close'));
      for (const process of processes) process.kill('SIGKILL');
      await Promise.all(ends);
    },
  };
}

/**
 * Another copy of the model that decodes without an end, with threads of its own: to the system's scheduler they are
 * another process's.
 */
export function secondEngine(model: NativeModel): Load {
  let running = false;
  let ended: Promise<void> = Promise.resolve();
  const decode = async () => {
    for (let round = 1; running; round++) {
      const prompt = promptOf(model.describe().vocabularySize, round, promptTokens);
      await model.generate(prompt, generateOptions(tokensAtATime, round), () => undefined);
    }
  };
  return {
    name: 'a second engine',
    async start() {
      running = true;
      ended = decode();
      await setTimeout(settlingMs);
    },
    async stop() {
      running = false;
      model.cancel();
      await ended;
    },
  };
}
