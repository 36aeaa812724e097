/**
 * Uses the addon in a process of its own, in plain JavaScript so that every Node can run it.
 *
 *     node addon-process.mjs ADDON MODEL initialise | complete | exit | terminate
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

/** @typedef {import('../../extension/engine/addon.ts').NativeAddon} NativeAddon */
/** @typedef {import('../../extension/engine/addon.ts').NativeGenerateOptions} NativeGenerateOptions */

/** @type {[string, string, string]} */
const [addonPath, modelPath, purpose] = isMainThread ? process.argv.slice(2) : workerData;

/** @type {NativeGenerateOptions} */
const briefly = {
  maxTokens: 8,
  maxLines: 0,
  maxMilliseconds: 0,
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  seed: 0,
};
const atLength = { ...briefly, maxTokens: 900, ignoreEndOfText: true };

function ignore() {
  return undefined;
}

async function initialise() {
  /** @type {NativeAddon} */
  const addon = createRequire(import.meta.url)(addonPath);
  addon.initialise(ignore);
  return addon;
}

async function load() {
  const addon = await initialise();
  return addon.loadModel(
    {
      path: modelPath,
      decoder: 'auto',
      mode: 'auto',
      profilePath: null,
      hotThreshold: 0.5,
      contextLength: 1024,
      threads: 2,
      kernel: 'auto',
    },
    ignore,
  );
}

async function complete() {
  const model = await load();
  const generation = await model.generate(model.tokenize('def f(x):', false), briefly, ignore);
  console.log(generation.stopReason);
}

/**
 * Decodes until somebody stops it.
 * @param {Awaited<ReturnType<typeof load>>} model
 * @param {() => void} onText
 */
async function decodeForever(model, onText) {
  const prompt = model.tokenize('def f(x):', false);
  for (;;) await model.generate(prompt, atLength, onText);
}

/** Of this process, where the system tells. */
function threadCount() {
  const tasks = '/proc/self/task';
  return existsSync(tasks) ? readdirSync(tasks).length : NaN;
}

/** Prints how many threads the addon's own exit listener ended: the worker, and one of the team. */
async function exit() {
  let running = 0;
  process.on('exit', () => {
    running = threadCount();
  });
  const model = await load();
  process.on('exit', () => {
    // The system lists a thread for a moment after it was joined.
    for (const end = Date.now() + 10_000; Date.now() < end && threadCount() > running - 2;);
    console.log(running - threadCount());
  });
  await decodeForever(model, () => process.exit(0));
}

async function terminate() {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: [addonPath, modelPath, 'inWorker'],
  });
  await new Promise((begun) => worker.once('message', begun));
  await worker.terminate();
  // That environment is gone; another one works as well as the first.
  await complete();
}

async function inWorker() {
  await decodeForever(await load(), () => parentPort?.postMessage('begun'));
}

/** @type {Record<string, () => Promise<unknown>>} */
const purposes = { initialise, complete, exit, terminate, inWorker };
await purposes[purpose]?.();
