/**
 * Uses the addon in a process of its own, in plain JavaScript so that every Node can run it.
 *
 *     node addon-process.mjs ADDON MODEL complete | exit | terminate
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const [addonPath, modelPath, purpose] = isMainThread ? process.argv.slice(2) : workerData;

const greedy = { maxLines: 0, maxMilliseconds: 0, temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 };

async function load() {
  const addon = createRequire(import.meta.url)(addonPath);
  addon.initialise(() => undefined);
  const options = { path: modelPath, decoder: 'auto', mode: 'auto', profilePath: null, hotThreshold: 0.5 };
  return addon.loadModel({ ...options, contextLength: 1024, threads: 2, kernel: 'auto' }, () => undefined);
}

/** Decodes until somebody stops it, and tells when it has begun. */
async function decodeForever(onBegin) {
  const model = await load();
  const prompt = model.tokenize('def f(x):', false);
  for (;;) await model.generate(prompt, { ...greedy, maxTokens: 900, ignoreEndOfText: true }, onBegin);
}

const purposes = {
  async complete() {
    const model = await load();
    const generation = await model.generate(model.tokenize('def f(x):', false), { ...greedy, maxTokens: 8 }, () => undefined);
    console.log(generation.stopReason);
  },
  async exit() {
    await decodeForever(() => {
      console.log('leaving');
      process.exit(0);
    });
  },
  async terminate() {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: [addonPath, modelPath, 'inWorker'] });
    worker.once('message', async () => {
      await worker.terminate();
      // The environment of the worker is gone; another one works as well as the first.
      await purposes.complete();
    });
  },
  async inWorker() {
    await decodeForever(() => parentPort.postMessage('begun'));
  },
};

await purposes[purpose]();
