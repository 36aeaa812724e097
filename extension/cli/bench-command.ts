/** `hotset bench`: the decoders against each other on one model. */
import { resolve } from 'node:path';
import { benchmark, type BenchmarkRow } from '../engine/benchmark/benchmark.ts';
import { embeddedModelPath } from '../engine/installation.ts';
import { number, parse, wholeNumber } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { table } from './table.ts';
import { openInstallation } from './terminal-engine.ts';
import { UsageError } from './usage-error.ts';

export const benchHelp = `hotset bench [options]

Prefill and decode speed of llama.cpp, and of the hybrid decoder in dense and exact mode, on one model: interleaved
rounds, medians. llama.cpp computes SiLU in place of other activations: of the same shape and cost, wrong in its text.

  --model M              GGUF file (the embedded model)
  --threads N            0: as many as pay off for the model (0)
  --hot-threshold T      neurons that fire at least this often are hot, 0 to 1 (0.3)
  --prompt-tokens N      tokens to prefill in each round (256)
  --tokens N             tokens to decode in each round (128)
  --rounds N             (7)
  --json                 an array of rows, llama.cpp first`;

const optionTypes = {
  model: { type: 'string' },
  threads: { type: 'string', default: '0' },
  'hot-threshold': { type: 'string', default: '0.3' },
  'prompt-tokens': { type: 'string', default: '256' },
  tokens: { type: 'string', default: '128' },
  rounds: { type: 'string', default: '7' },
  json: { type: 'boolean', default: false },
} as const;

/** Caches of desktop processors hold up to so much. */
const mostCachedBytes = 64e6;
const cacheNote =
  "A model this small lies in the processor's cache: the byte limit, measured in main memory, does not bind it.";

/** @throws UsageError, EngineError */
export async function benchCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parse({ args: [...args], options: optionTypes, allowPositionals: true });
  if (positionals.length > 0) throw new UsageError(`${String(positionals[0])}: bench takes options only`);
  const options = {
    threads: wholeNumber('threads', values.threads, 0, 512),
    hotThreshold: number('hot-threshold', values['hot-threshold'], 0, 1),
    promptTokens: wholeNumber('prompt-tokens', values['prompt-tokens'], 1, 100_000),
    tokens: wholeNumber('tokens', values.tokens, 2, 100_000),
    rounds: wholeNumber('rounds', values.rounds, 1, 1_000),
    onProgress: progressBar('measuring'),
  };
  const { root, addon } = openInstallation();
  const model = values.model === undefined ? embeddedModelPath(root) : resolve(values.model);
  const rows = await benchmark(addon, { ...options, model });
  process.stdout.write((values.json ? JSON.stringify(rows, null, 2) : tableOf(rows)) + '\n');
}

function tableOf(rows: readonly BenchmarkRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const headings = [
    'decoder',
    'mode',
    'activity',
    'prefill t/s',
    'decode t/s',
    'ratio',
    'MB/token',
    'of byte limit',
  ];
  const cells = rows.map((row) => [
    row.decoder,
    row.mode,
    row.activity === null ? '–' : percent(row.activity),
    row.prefillTokensPerSecond.toFixed(0),
    `${row.decodeTokensPerSecond.toFixed(0)} ± ${row.decodeDeviation.toFixed(0)}`,
    row.ratioToLlamaCpp.toFixed(2),
    (row.bytesPerToken / 1e6).toFixed(2),
    percent(row.shareOfByteLimit),
  ]);
  const title = `shape ${first.shape}, ${first.quant}, ${String(first.threads)} threads`;
  const note = first.bytesPerToken < mostCachedBytes ? `\n${cacheNote}` : '';
  return `${title}\n${table([headings, ...cells])}${note}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
