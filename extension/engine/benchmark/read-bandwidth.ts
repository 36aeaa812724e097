/** Measures how fast this machine reads memory, as the upper limit of decoding. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Per thread; together more than processor caches hold. */
const bytesPerThread = 192 * 1024 * 1024;
const readsPerMeasurement = 4;
/** So many that it hardly matters when a thread wakes up a little later than the others. */
const passesPerRead = 3;

/**
 * Compares two equal buffers, which libc does at the speed of memory: both are read once.
 */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const half = workerData.bytes / 2;
  const left = Buffer.alloc(half, 1);
  const right = Buffer.alloc(half, 1);
  parentPort.on('message', () => {
    const start = process.hrtime.bigint();
    for (let pass = 0; pass < workerData.passes; pass++) left.equals(right);
    parentPort.postMessage({ start, end: process.hrtime.bigint() });
  });
  parentPort.postMessage('ready');
`;

/**
 * Threads that read when asked to, so that the limit is measured right before and right after every decoding: on a
 * shared machine it moves by half within a minute.
 */
export class BandwidthMeter {
  readonly #workers: readonly Worker[];

  /** @param threads as many as the benchmark computes with */
  static async open(threads: number): Promise<BandwidthMeter> {
    const workers = Array.from(
      { length: threads },
      () => new Worker(program, { eval: true, workerData: { bytes: bytesPerThread, passes: passesPerRead } }),
    );
    await Promise.all(workers.map(answer));
    return new BandwidthMeter(workers);
  }

  private constructor(workers: readonly Worker[]) {
    this.#workers = workers;
  }

  /**
   * The fastest of a few reads counts, for what disturbs one only ever slows it down.
   * @returns bytes per second, all threads together
   */
  async measure(): Promise<number> {
    let fastest = 0;
    for (let read = 0; read < readsPerMeasurement; read++) fastest = Math.max(fastest, await this.#read());
    return fastest;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** From the first thread's start to the last one's end: one that starts late had the memory to itself. */
  async #read(): Promise<number> {
    const answers = this.#workers.map(answer);
    for (const worker of this.#workers) worker.postMessage('read');
    const times = (await Promise.all(answers)) as Times[];
    const first = times.reduce((least, { start }) => (start < least ? start : least), times[0]?.start ?? 0n);
    const last = times.reduce((most, { end }) => (end > most ? end : most), first);
    return (this.#workers.length * bytesPerThread * passesPerRead * 1e9) / Number(last - first);
  }
}

/** In nanoseconds of the system's clock, which all threads share. */
interface Times {
  readonly start: bigint;
  readonly end: bigint;
}

/** Rejects when the worker fails. */
async function answer(worker: Worker): Promise<unknown> {
  const [message] = (await once(worker, 'message')) as [unknown];
  return message;
}
