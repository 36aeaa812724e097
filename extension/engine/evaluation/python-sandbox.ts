/**
 * Runs Python programs that nobody has read: in an interpreter of their own that sees no settings and no installed
 * packages, in an empty folder, with limits on time, memory, files and output, without child processes, and without a
 * network where the system allows that. Started by root, they run as nobody. What other users may read, they can read.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineError } from '../errors.ts';
import { RunningTime } from './running-time.ts';
import { sandboxPreamble } from './sandbox-preamble.ts';

export interface SandboxLimits {
  readonly cpuSeconds: number;
  readonly wallMilliseconds: number;
  readonly memoryBytes: number;
  /** Of any one file. */
  readonly fileBytes: number;
  /** Standard output and standard error together. */
  readonly outputBytes: number;
}

export interface SandboxRun {
  /** `failed`: it raised an error, or ended before its last line. */
  readonly outcome: 'passed' | 'failed' | 'timeLimit' | 'outputLimit' | 'cancelled';
  /** Standard output and standard error, as far as the limit allows. */
  readonly output: string;
}

/** The slowest solution of HumanEval takes a second on a busy machine. */
export const sandboxLimits: SandboxLimits = {
  cpuSeconds: 5,
  wallMilliseconds: 30_000,
  memoryBytes: 1 << 30,
  fileBytes: 1 << 20,
  outputBytes: 1 << 16,
};

const interpreters = ['python3', '/usr/bin/python3', '/usr/local/bin/python3'];
const openFiles = 64;
const nobody = 65_534;

export class PythonSandbox {
  readonly #interpreter: string;
  readonly #limits: SandboxLimits;

  private constructor(interpreter: string, limits: SandboxLimits) {
    this.#interpreter = interpreter;
    this.#limits = limits;
  }

  /** @throws EngineError where no Python on this machine runs a program inside the limits */
  static async open(limits = sandboxLimits): Promise<PythonSandbox> {
    if (process.platform === 'win32') {
      throw new EngineError('badInput', 'tests run on Linux and macOS only: Windows has no limits for them');
    }
    for (const interpreter of interpreters) {
      const sandbox = new PythonSandbox(interpreter, limits);
      const { outcome } = await sandbox.run('import math, typing', new AbortController().signal);
      if (outcome === 'passed') return sandbox;
    }
    const whom = isRoot() ? ' that users other than root can run' : '';
    throw new EngineError('badInput', `the tests need Python 3${whom}: install it as python3`);
  }

  /** @param signal aborted: the program is killed, and the run resolves as `cancelled` */
  async run(program: string, signal: AbortSignal): Promise<SandboxRun> {
    const folder = mkdtempSync(join(tmpdir(), 'hotset-sandbox-'));
    try {
      if (isRoot()) chownSync(folder, nobody, nobody);
      return await this.#runIn(folder, program, signal);
    } finally {
      remove(folder);
    }
  }

  async #runIn(folder: string, program: string, signal: AbortSignal): Promise<SandboxRun> {
    const secret = randomBytes(16).toString('hex');
    const child = spawn(this.#interpreter, ['-I', '-S', '-B', '-c', sandboxPreamble], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      // A group of its own, so that it is killed as a whole.
      detached: true,
      ...(isRoot() ? { uid: nobody, gid: nobody } : {}),
    });
    const input = child.stdin;
    // A program that never reads its input is judged by its end.
    input.on('error', () => undefined);
    input.end([secret, JSON.stringify(resourceLimits(this.#limits)), program].join('\n'));
    return await new Watch(child, this.#limits, signal).end(secret);
  }
}

/** What a program has locked us out of is left to the system, which clears its temporary folder. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Soft and hard limits by the names of Python's `resource`. The soft limit on processor time ends a program with a signal
 * that tells why. No process limit above 0: not even a thread can be started.
 */
function resourceLimits({ cpuSeconds, memoryBytes, fileBytes }: SandboxLimits): Record<string, number[]> {
  return {
    RLIMIT_CPU: [cpuSeconds, cpuSeconds + 1],
    RLIMIT_AS: [memoryBytes, memoryBytes],
    RLIMIT_FSIZE: [fileBytes, fileBytes],
    RLIMIT_NOFILE: [openFiles, openFiles],
    RLIMIT_CORE: [0, 0],
    RLIMIT_NPROC: [0, 0],
  };
}

/** Calls back once this process has run for so long. @returns what keeps it from that */
function afterRunning(milliseconds: number, callback: () => void): () => void {
  const running = new RunningTime(performance.now());
  const timer = setInterval(() => {
    if (running.at(performance.now()) < milliseconds) return;
    clearInterval(timer);
    callback();
  }, 250);
  return () => {
    clearInterval(timer);
  };
}

/** Waits for one child and kills it when it goes beyond what is allowed. */
class Watch {
  readonly #child: ChildProcess;
  readonly #limits: SandboxLimits;
  readonly #signal: AbortSignal;
  #output = Buffer.alloc(0);
  #killedFor: SandboxRun['outcome'] | null = null;

  constructor(child: ChildProcess, limits: SandboxLimits, signal: AbortSignal) {
    this.#child = child;
    this.#limits = limits;
    this.#signal = signal;
  }

  async end(secret: string): Promise<SandboxRun> {
    const cancel = () => {
      this.#kill('cancelled');
    };
    const stopTimer = afterRunning(this.#limits.wallMilliseconds, () => {
      this.#kill('timeLimit');
    });
    this.#signal.addEventListener('abort', cancel, { once: true });
    if (this.#signal.aborted) cancel();
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#take(chunk);
      });
    }
    try {
      const [exit, said] = await Promise.all([this.#closed(), this.#said(secret.length)]);
      return { outcome: this.#judged(outcomeOf(exit, said === secret)), output: this.#output.toString() };
    } finally {
      stopTimer();
      this.#signal.removeEventListener('abort', cancel);
    }
  }

  /** A program that had passed before its time was seen to be over has passed: this process may have stood still meanwhile. */
  #judged(outcome: SandboxRun['outcome']): SandboxRun['outcome'] {
    if (this.#killedFor === 'timeLimit' && outcome === 'passed') return outcome;
    return this.#killedFor ?? outcome;
  }

  #take(chunk: Buffer): void {
    const room = this.#limits.outputBytes - this.#output.length;
    this.#output = Buffer.concat([this.#output, chunk.subarray(0, room)]);
    if (chunk.length > room) this.#kill('outputLimit');
  }

  #kill(why: SandboxRun['outcome']): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    this.#killedFor ??= why;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  #closed(): Promise<NodeJS.Signals | number | null> {
    return new Promise((resolve) => {
      this.#child.once('error', () => {
        resolve(null);
      });
      this.#child.once('close', (code, signal) => {
        resolve(signal ?? code);
      });
    });
  }

  /** What was written to the preamble's file descriptor 3. */
  #said(secretLength: number): Promise<string> {
    const stream = this.#child.stdio[3] as Readable;
    let said = '';
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1', 0, secretLength + 1);
      if (said.length > secretLength) this.#kill('outputLimit');
    });
    return new Promise((resolve) => {
      stream.once('close', () => {
        resolve(said);
      });
    });
  }
}

function outcomeOf(exit: NodeJS.Signals | number | null, saidSecret: boolean): SandboxRun['outcome'] {
  if (exit === 0 && saidSecret) return 'passed';
  return exit === 'SIGXCPU' ? 'timeLimit' : 'failed';
}
