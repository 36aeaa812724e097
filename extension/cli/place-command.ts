/** `hotset place`: what of a model would lie on the GPU under a memory budget, and why. */
import { resolve } from 'node:path';
import { type GpuBudget, parseBudget } from '../engine/placement/budget.ts';
import { explainPlan } from '../engine/placement/explain.ts';
import { planPlacement, type PlanRequest } from '../engine/placement/plan.ts';
import { fileSize } from '../engine/model/placement-for.ts';
import { embeddedModelPath, predictorsPath, profilePath } from '../engine/installation.ts';
import { choice, number, parse, wholeNumber } from './options.ts';
import { placeReport } from './place-report.ts';
import { openInstallation, type Installation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const placeHelp = `hotset place [MODEL] [options]

What of a model would lie on the GPU under a memory budget, what that is expected to bring, and what the next GiB would
buy. Every byte counts: weights, KV cache, compute buffers. Device speeds are measured once and kept.

  --gpu-budget SIZE      of the GPU's memory, for example 6GiB, 11 GB or 512MiB; auto for what is free (auto)
  --device D             a GPU by name (the first with memory of its own)
  --decoder D            auto, hybrid or llama.cpp (auto)
  --mode M               auto, dense, exact, predicted or thresholded (auto)
  --hot-threshold T      neurons that fire at least this often are hot, 0 to 1 (0.3)
  --context-length N     tokens that the KV cache holds (4096)
  --threads N            0: one per physical core (0)
  --json                 one object`;

const optionTypes = {
  'gpu-budget': { type: 'string', default: 'auto' },
  device: { type: 'string' },
  decoder: { type: 'string', default: 'auto' },
  mode: { type: 'string', default: 'auto' },
  'hot-threshold': { type: 'string', default: '0.3' },
  'context-length': { type: 'string', default: '4096' },
  threads: { type: 'string', default: '0' },
  json: { type: 'boolean', default: false },
} as const;

/** @throws UsageError, EngineError */
export async function placeCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  const [model, ...surplus] = positionals;
  if (surplus.length > 0) throw new UsageError(`${surplus.join(' ')}: place takes one model`);
  const budget = parseBudget(values['gpu-budget']);
  if (budget === 0) throw new UsageError('--gpu-budget 0: leaves the GPU alone, there is nothing to place');
  const options = {
    decoder: choice('decoder', values.decoder, ['auto', 'hybrid', 'llama.cpp']),
    mode: choice('mode', values.mode, ['auto', 'dense', 'exact', 'predicted', 'thresholded']),
    hotThreshold: number('hot-threshold', values['hot-threshold'], 0, 1),
    contextLength: wholeNumber('context-length', values['context-length'], 64, 1_048_576),
    threads: wholeNumber('threads', values.threads, 0, 512),
    gpuBudget: budget,
    device: values.device ?? null,
  };
  const installation = openInstallation();
  const path = model === undefined ? embeddedModelPath(installation.root) : resolve(model);
  await explain({ ...options, ...filesOf(path) }, installation, values.json);
}

function filesOf(path: string): Pick<PlanRequest, 'path' | 'profilePath' | 'predictorBytes'> {
  return { path, profilePath: profilePath(path), predictorBytes: fileSize(predictorsPath(path)) };
}

async function explain(request: PlanRequest, { addon, log }: Installation, json: boolean): Promise<void> {
  const plan = await planPlacement(request, { addon, log });
  if (plan === null) throw new UsageError(whyNothing(request.gpuBudget, addon.devices().length));
  const explained = await explainPlan(plan);
  process.stdout.write((json ? JSON.stringify(explained, null, 2) : placeReport(plan, explained)) + '\n');
}

function whyNothing(budget: GpuBudget, devices: number): string {
  return budget === 'auto' && devices > 0
    ? 'left to itself, the GPU takes no part here (a small model, or no GPU with memory of its own): give a --gpu-budget'
    : 'there is no GPU that ggml can use: install its driver, or run without';
}
