/** `hotset simulate`: models on machines that one may not have, by the cost model. */
import { writeFileSync } from 'node:fs';
import { thisMachine } from '../engine/machine/measure-machine.ts';
import { parseBudget } from '../engine/placement/budget.ts';
import type { CostMachine } from '../models/cost/machine.ts';
import { costMachine, publishedMachines } from '../models/cost/published.ts';
import { shapeOf, shapes } from '../models/cost/shape.ts';
import {
  simulate,
  type Simulated,
  type SimulatedModel,
  type SimulationOptions,
} from '../models/cost/simulate.ts';
import { sparseModels } from '../models/cost/sparse-models.ts';
import { quantisations } from '../models/cost/weights.ts';
import { choice, number, parse, wholeNumber } from './options.ts';
import { outputPath } from './output-file.ts';
import { simulationChart } from './simulate-chart.ts';
import { type PricedResult, simulationReport } from './simulate-report.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

const names = (of: object) => Object.keys(of).join(', ');

export const simulateHelp = `hotset simulate [options]

What models would do on a machine: tokens per second, memory, and what lies where, from the sizes that their makers publish and
the machine's memory bandwidth and multiply-adds per second. Published figures are limits: no engine quite reaches them. Nothing
is downloaded, and nothing runs, but for measuring this machine once.

  --shape S,S            of ${names(shapes)} (sixteen from 0.5B to 72B)
  --quantisation Q       ${quantisations.join(', ')} (Q4_K_M)
  --machine M,M          of ${names(publishedMachines)}, this (rtx4090-i9-13900k)
  --profile P            which neurons fire: dense; published, as PowerInfer publishes of its ReLU models; or a share, 0.01 to
                         0.98, by a power law (dense)
  --predictor A          share of the weights that predictors take, 0 to 0.2; 0: every gate is computed (as published, or 0)
  --sharing S            neurons: hot ones on the GPU while the processor computes its own; layers: whole ones, in turn, as
                         llama.cpp does (neurons)
  --budget SIZE          of the GPU's memory, for example 6GiB (all, less a margin)
  --prompt-tokens N      (512)
  --context N            tokens that the KV cache has room for (4096)
  --threads N            (all cores)
  --chart FILE.svg       draws tokens per second
  --json                 an array of rows`;

const sixteen = [
  'qwen2.5-0.5b',
  'deepseek-coder-1.3b',
  'qwen2.5-1.5b',
  'codegemma-2b',
  'qwen2.5-3b',
  'starcoder2-3b',
  'granite-code-3b',
  'llama-7b',
  'qwen2.5-7b',
  'llama-13b',
  'qwen2.5-14b',
  'codestral-22b',
  'qwen3-30b-a3b',
  'qwen2.5-32b',
  'llama-70b',
  'qwen2.5-72b',
];

const optionTypes = {
  shape: { type: 'string' },
  quantisation: { type: 'string', default: 'Q4_K_M' },
  machine: { type: 'string', default: 'rtx4090-i9-13900k' },
  profile: { type: 'string', default: 'dense' },
  predictor: { type: 'string' },
  sharing: { type: 'string', default: 'neurons' },
  budget: { type: 'string' },
  'prompt-tokens': { type: 'string', default: '512' },
  context: { type: 'string', default: '4096' },
  threads: { type: 'string', default: '0' },
  chart: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof parse<{ options: typeof optionTypes }>>['values'];

interface Priced {
  readonly machine: CostMachine;
  /** USD; null: unknown. */
  readonly price: number | null;
}

/** @throws UsageError, EngineError */
export async function simulateCommand(args: readonly string[]): Promise<void> {
  const { values } = parse({ args: [...args], options: optionTypes });
  const chart = values.chart === undefined ? null : outputPath('chart', values.chart);
  const models = (values.shape?.split(',') ?? sixteen).map((name) => modelOf(name, values));
  const options = simulationOptions(values);
  const results: PricedResult[] = [];
  for (const name of values.machine.split(',')) {
    const { machine, price } = await machineOf(name);
    for (const model of models) results.push(priced(simulate(model, machine, options), price));
  }
  if (chart !== null) writeFileSync(chart, simulationChart(results));
  const text = values.json ? JSON.stringify(results, null, 2) : simulationReport(results);
  process.stdout.write(text + '\n');
}

function priced(result: Simulated, price: number | null): PricedResult {
  const perThousand = price === null || !result.fits ? null : result.decodeTokensPerSecond / (price / 1000);
  return { ...result, tokensPerSecondPerThousandDollars: perThousand };
}

function simulationOptions(values: Values): SimulationOptions {
  const budget = values.budget === undefined ? 'auto' : parseBudget(values.budget);
  return {
    sharing: choice('sharing', values.sharing, ['neurons', 'layers']),
    budgetBytes: budget === 'auto' ? null : budget,
    promptTokens: wholeNumber('prompt-tokens', values['prompt-tokens'], 1, 1_000_000),
    contextLength: wholeNumber('context', values.context, 1, 1_000_000),
    threads: wholeNumber('threads', values.threads, 0, 512),
  };
}

function modelOf(name: string, values: Values): SimulatedModel {
  const shape = shapeOf(name);
  if (shape === null) throw new UsageError(`--shape ${name}: choose of ${names(shapes)}`);
  const quantisation = choice('quantisation', values.quantisation, quantisations);
  const { activity, predictorShare } = sparsityOf(name, values.profile);
  const predictor =
    values.predictor === undefined ? predictorShare : number('predictor', values.predictor, 0, 0.2);
  return { name, shape, quantisation, activity, predictorShare: predictor };
}

function sparsityOf(name: string, profile: string): { activity: number; predictorShare: number } {
  if (profile === 'dense') return { activity: 1, predictorShare: 0 };
  if (profile !== 'published') return { activity: number('profile', profile, 0.01, 0.98), predictorShare: 0 };
  const published = Object.hasOwn(sparseModels, name) ? sparseModels[name] : undefined;
  if (published !== undefined) return published;
  throw new UsageError(
    `--profile published: nobody published how often neurons of ${name} fire; choose of ${names(sparseModels)}`,
  );
}

/** Of the GPU and the processor: a whole machine costs more. */
async function machineOf(name: string): Promise<Priced> {
  if (name === 'this') {
    const machine = await thisMachine(openInstallation());
    if (machine === null) throw new UsageError('--machine this: it could not be measured');
    return { machine, price: null };
  }
  const published = Object.hasOwn(publishedMachines, name) ? publishedMachines[name] : undefined;
  if (published === undefined)
    throw new UsageError(`--machine ${name}: choose of ${names(publishedMachines)}, this`);
  return { machine: costMachine(published), price: published.prices.gpu + published.prices.processor };
}
