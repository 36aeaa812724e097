/** Measures how fast this machine reads memory, as the upper limit of decoding. */
import { Worker } from 'node:worker_threads';

/** Per thread; together more than processor caches hold. */
const bytesPerThread = 192 * 1024 * 1024;
const rounds = 4;

/**
 * Compares two equal buffers, which libc does at the speed of memory: both are read once. The fastest round counts, for
 * what disturbs a measurement only ever slows it down.
 */
const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  const half = workerData.bytes / 2;
  const left = Buffer.alloc(half, 1);
  const right = Buffer.alloc(half, 1);
  parentPort.on('message', () => {
    const start = performance.now();
    left.equals(right);
    parentPort.postMessage(performance.now() - start);
  });
  parentPort.postMessage(0);
`;

/**
 * @param threads as many as the benchmark computes with
 * @returns bytes per second, all threads together
 */
export async function measureReadBandwidth(threads: number): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(program, { eval: true, workerData: { bytes: bytesPerThread } }),
  );
  try {
    await Promise.all(workers.map(answer));
    let fastest = 0;
    for (let round = 0; round < rounds; round++) fastest = Math.max(fastest, await measureOnce(workers));
    return fastest;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function measureOnce(workers: readonly Worker[]): Promise<number> {
  const answers = workers.map(answer);
  for (const worker of workers) worker.postMessage('read');
  const slowestMs = Math.max(...(await Promise.all(answers)));
  return (workers.length * bytesPerThread * 1000) / slowestMs;
}

async function answer(worker: Worker): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
