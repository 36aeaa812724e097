/** `hotset bench`: the decoders against each other on one model. */
import { resolve } from 'node:path';
import { benchmark, type BenchmarkOptions } from '../engine/benchmark/benchmark.ts';
import { embeddedModelPath } from '../engine/installation.ts';
import type { Mode } from '../protocol/figures.ts';
import { chartPath, writeChart } from './bench-chart.ts';
import { benchReport } from './bench-report.ts';
import { choice, number, parse, wholeNumber } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const benchHelp = `hotset bench [options]

Prefill and decode speed of llama.cpp, and of the hybrid decoder in every mode that the model allows: interleaved
rounds, medians, and what the memory of this machine allows. llama.cpp computes SiLU in place of other activations: of
the same shape and cost, wrong in its text.

  --model M              GGUF file (the embedded model)
  --modes M,M            of dense, exact, predicted, thresholded (those that the model allows)
  --threads N            0: as many as pay off for the model (0)
  --hot-threshold T      neurons that fire at least this often are hot, 0 to 1 (0.3)
  --prompt-tokens N      tokens to prefill in each round (256)
  --tokens N             tokens to decode in each round (128)
  --rounds N             (7)
  --chart FILE.svg       draw the ratios to llama.cpp
  --json                 an array of rows, llama.cpp first`;

const optionTypes = {
  model: { type: 'string' },
  modes: { type: 'string' },
  threads: { type: 'string', default: '0' },
  'hot-threshold': { type: 'string', default: '0.3' },
  'prompt-tokens': { type: 'string', default: '256' },
  tokens: { type: 'string', default: '128' },
  rounds: { type: 'string', default: '7' },
  chart: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const modes: readonly Mode[] = ['dense', 'exact', 'predicted', 'thresholded'];

interface Request {
  /** null: the embedded one. */
  readonly model: string | null;
  readonly options: Omit<BenchmarkOptions, 'model'>;
  readonly chart: string | null;
  readonly json: boolean;
}

/** @throws UsageError, EngineError */
export async function benchCommand(args: readonly string[]): Promise<void> {
  const { options, chart, json, ...request } = parseRequest(args);
  const { root, addon } = openInstallation();
  const model = request.model ?? embeddedModelPath(root);
  const result = await benchmark(addon, { ...options, model });
  options.onProgress(1, '');
  if (chart !== null) writeChart(chart, result);
  process.stdout.write((json ? JSON.stringify(result.rows, null, 2) : benchReport(result)) + '\n');
}

function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length > 0) throw new UsageError(`${String(positionals[0])}: bench takes options only`);
  return {
    model: values.model === undefined ? null : resolve(values.model),
    options: {
      modes: values.modes === undefined ? null : modeList(values.modes),
      shape: null,
      threads: wholeNumber('threads', values.threads, 0, 512),
      hotThreshold: number('hot-threshold', values['hot-threshold'], 0, 1),
      promptTokens: wholeNumber('prompt-tokens', values['prompt-tokens'], 1, 100_000),
      tokens: wholeNumber('tokens', values.tokens, 2, 100_000),
      rounds: wholeNumber('rounds', values.rounds, 1, 1_000),
      onProgress: progressBar('measuring'),
    },
    chart: values.chart === undefined ? null : chartPath(values.chart),
    json: values.json,
  };
}

/** In the order of the contract, each once. */
function modeList(text: string): Mode[] {
  const chosen = new Set(text.split(',').map((name) => choice('modes', name.trim(), modes)));
  return modes.filter((mode) => chosen.has(mode));
}
