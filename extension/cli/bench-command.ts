/** `hotset bench`: the decoders against each other on one model. */
import { benchmark, type BenchmarkOptions } from '../engine/benchmark/benchmark.ts';
import { decodeTrace } from '../engine/benchmark/decode-trace.ts';
import { thresholdSetting } from '../engine/evaluation/programs/threshold-settings.ts';
import { parseBudget } from '../engine/placement/budget.ts';
import type { BusyOptions } from '../engine/benchmark/busy/busy.ts';
import type { QualityOptions } from '../engine/benchmark/quality.ts';
import type { Mode } from '../protocol/figures.ts';
import { chartPath, writeChart } from './bench-chart.ts';
import { loadChoices, runBusy } from './bench-busy.ts';
import { modelChoice, modelPath, type ModelChoice } from './bench-model.ts';
import { runQuality } from './bench-quality.ts';
import { runSettingsQuality } from './bench-settings.ts';
import { benchReport, printResult } from './bench-report.ts';
import { cacheTypes } from './load-options.ts';
import { choice, number, parse, wholeNumber } from './options.ts';
import { outputPath } from './output-file.ts';
import { withProgressBar } from './progress-bar.ts';
import { openInstallation } from './terminal-engine.ts';
import { readText } from './text-file.ts';
import { thresholdHelp, thresholdOptionTypes, thresholdParams } from './threshold-options.ts';
import { writeTrace } from './trace-file.ts';
import { UsageError } from './usage-error.ts';

export const benchHelp = `hotset bench [options]
hotset bench --quality FILE... [options]
hotset bench --quality FILE... --thresholds S,S [options]
hotset bench --busy L,L [options]

Prefill and decode speed of llama.cpp, and of the hybrid decoder in every mode that the model allows: interleaved
rounds, medians, and what the memory of this machine allows. llama.cpp computes SiLU in place of other activations: of
the same shape and cost, wrong in its text. With --quality: recall, agreement of the next token with dense, and bits per
byte of the modes that leave neurons out, on files the model has not been trained on. With --busy: the first token and
decode speed beside other processes, with as many threads as the engine chooses and with fixed numbers of them.

  --model M              GGUF file (the embedded model)
  --shape S              a model of random weights: llama-7b, -13b, -33b, -70b, codellama-7b, qwen2-0.5b, -1.5b,
                         -3b, deepseek-coder-1.3b, smollm2-360m, tinyllama-1.1b, prosparse-llama-2-7b, -13b or
                         turbosparse-mistral-7b; its activation frequencies follow a power law, and its predictor predicts
  --activity A           of the shape: share of the neurons that fire, 0 to 1 (as published of ProSparse and
                         TurboSparse, else 0.1)
  --layers N             of the shape, the first so many: a part of a model that memory does not hold (all)
  --quant Q              of the shape (Q4_0)
  --folder F             where the shape's files are written and kept (the user's cache folder)
  --busy L,L             what else runs: a number of busy processes, or engine: a second one that decodes; each load in
                         every round, and nothing else before them
  --thresholds S,S       with --quality, settings of what is computed (see hotset evaluate --help) instead of modes, each compared
                         with the first
  --modes M,M            of dense, exact, predicted, thresholded (those that the model allows; with
                         --busy one, dense)
  --threads N            0: as many as pay off for the model (0)
  --cache-type T         keys and values of the hybrid decoder: f16 or q8_0 (f16)
  --gpu-budget SIZE      GPU memory for each contender, for example 6GiB, or auto; llama.cpp takes as many layers as
                         fit (0)
  --device NAME          GPU to use (the first with memory of its own)
  --hot-threshold T      neurons that fire at least this often are hot, 0 to 1 (0.3)
  --predictor P          for predicted: auto, learned or sign (auto: learned if there is one)
${thresholdHelp}
  --prompt-tokens N      tokens to prefill in each round (256)
  --tokens N             tokens to decode in each round (128); with --quality, to read of each file (4096)
  --rounds N             (7)
  --chart FILE.svg       draw the ratios to llama.cpp
  --trace FILE           when each device computes what while the last of the modes decodes, for Chrome's trace viewer
  --json                 an array of rows, llama.cpp (with --quality: dense) first`;

const optionTypes = {
  quality: { type: 'boolean', default: false },
  busy: { type: 'string' },
  model: { type: 'string' },
  shape: { type: 'string' },
  activity: { type: 'string' },
  layers: { type: 'string' },
  quant: { type: 'string' },
  folder: { type: 'string' },
  modes: { type: 'string' },
  thresholds: { type: 'string' },
  threads: { type: 'string', default: '0' },
  'hot-threshold': { type: 'string', default: '0.3' },
  predictor: { type: 'string', default: 'auto' },
  ...thresholdOptionTypes,
  'cache-type': { type: 'string', default: 'f16' },
  'gpu-budget': { type: 'string', default: '0' },
  device: { type: 'string' },
  'prompt-tokens': { type: 'string', default: '256' },
  tokens: { type: 'string' },
  rounds: { type: 'string', default: '7' },
  chart: { type: 'string' },
  trace: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const modes: readonly Mode[] = ['dense', 'exact', 'predicted', 'thresholded'];
const decodedTokens = '128';
const readTokens = '4096';

type Values = ReturnType<typeof parse<{ options: typeof optionTypes; allowPositionals: true }>>['values'];

/** @throws UsageError, EngineError */
export async function benchCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (values.quality) await measureQuality(values, positionals);
  else if (values.busy !== undefined) await measureBusy(values, values.busy, positionals);
  else await measureSpeed(values, positionals);
}

async function measureQuality(values: Values, files: readonly string[]): Promise<void> {
  if (files.length === 0) {
    throw new UsageError('--quality: name files of text that the model was not trained on');
  }
  if (values.chart !== undefined) throw new UsageError('--chart: draws speed, not quality; leave it out');
  if (values.trace !== undefined) throw new UsageError('--trace: shows speed, not quality; leave it out');
  const options: Omit<QualityOptions, 'model' | 'onProgress'> = {
    ...common(values),
    tokens: wholeNumber('tokens', values.tokens ?? readTokens, 2, 10_000_000),
    texts: files.map((file) => readText(file)),
  };
  if (values.shape !== undefined)
    throw new UsageError('--shape: random weights have no quality; leave it out');
  const { addon, model } = await open(modelChoice(values));
  if (values.thresholds !== undefined) {
    if (values.modes !== undefined) throw new UsageError('--modes: --thresholds name them; leave it out');
    const settings = values.thresholds.split(',').map(thresholdSetting);
    for (const { name, load } of settings) {
      if (load.verify === undefined && load.correct === undefined) continue;
      throw new UsageError(
        `--thresholds: ${name} acts on what is written, and here text is only read; leave it out`,
      );
    }
    await runSettingsQuality(addon, { ...options, model, settings }, values.json);
    return;
  }
  await runQuality(addon, { ...options, model }, values.json);
}

async function measureBusy(values: Values, loads: string, positionals: readonly string[]): Promise<void> {
  if (positionals.length > 0) {
    throw new UsageError(`${String(positionals[0])}: bench takes files with --quality only`);
  }
  const [mode = 'dense', ...others] = values.modes === undefined ? [] : modeList(values.modes);
  if (others.length > 0) throw new UsageError('--modes: name one with --busy');
  if (values.threads !== '0') throw new UsageError('--threads: --busy measures several; leave it out');
  for (const name of ['chart', 'trace'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name}: not with --busy; leave it out`);
  }
  const options: Omit<BusyOptions, 'model' | 'onProgress'> = {
    ...common(values),
    ...speedOptions(values),
    mode,
    loads: loadChoices(loads),
  };
  const { addon, model } = await open(modelChoice(values));
  await runBusy(addon, { ...options, model }, values.json);
}

async function measureSpeed(values: Values, positionals: readonly string[]): Promise<void> {
  if (positionals.length > 0) {
    throw new UsageError(`${String(positionals[0])}: bench takes files with --quality only`);
  }
  const options: Omit<BenchmarkOptions, 'model' | 'onProgress'> = {
    ...common(values),
    ...speedOptions(values),
    shape: shapeTitle(values),
  };
  const chosen = modelChoice(values);
  const chart = values.chart === undefined ? null : chartPath(values.chart);
  const trace = values.trace === undefined ? null : outputPath('trace', values.trace);
  const { addon, model } = await open(chosen);
  const result = await withProgressBar('measuring', async (onProgress) => {
    const measured = { ...options, model, onProgress };
    const benchmarked = await benchmark(addon, measured);
    if (trace !== null) writeTrace(trace, await decodeTrace(addon, measured, benchmarked));
    return benchmarked;
  });
  if (chart !== null) writeChart(chart, result);
  printResult(values.json, result, benchReport);
}

/** null: no shape. */
function shapeTitle({ shape, layers }: Values): string | null {
  if (shape === undefined) return null;
  return layers === undefined ? shape : `${shape} (${layers} layers)`;
}

function speedOptions(values: Values) {
  return {
    gpuBudget: parseBudget(values['gpu-budget']),
    device: values.device ?? null,
    promptTokens: wholeNumber('prompt-tokens', values['prompt-tokens'], 1, 100_000),
    tokens: wholeNumber('tokens', values.tokens ?? decodedTokens, 2, 100_000),
    rounds: wholeNumber('rounds', values.rounds, 1, 1_000),
    // A model of random weights repeats one token when it is greedy, and with it the same few neurons.
    isGreedy: values.shape === undefined,
  };
}

function common(values: Values) {
  return {
    modes: values.modes === undefined ? null : modeList(values.modes),
    threads: wholeNumber('threads', values.threads, 0, 512),
    hotThreshold: number('hot-threshold', values['hot-threshold'], 0, 1),
    predictor: choice('predictor', values.predictor, ['auto', 'learned', 'sign']),
    ...thresholdParams(values),
    cacheType: choice('cache-type', values['cache-type'], cacheTypes),
  };
}

async function open(choice: ModelChoice) {
  const { root, addon } = openInstallation();
  return { addon, model: await modelPath(addon, root, choice) };
}

/** In the order of the contract, each once. */
function modeList(text: string): Mode[] {
  const chosen = new Set(text.split(',').map((name) => choice('modes', name.trim(), modes)));
  return modes.filter((mode) => chosen.has(mode));
}
