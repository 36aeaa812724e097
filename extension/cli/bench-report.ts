/** A benchmark's result as a person reads it. */
import type { Benchmark } from '../engine/benchmark/benchmark.ts';
import type { LeftOut } from '../engine/benchmark/contenders.ts';
import type { BenchmarkRow, PassRow } from '../engine/benchmark/row.ts';
import { memorySize } from '../engine/placement/budget.ts';
import { table } from './table.ts';

/** Caches of desktop processors hold up to so much. */
const mostCachedBytes = 64e6;

const headings = [
  'decoder',
  'mode',
  'activity',
  'recall',
  'prefill t/s',
  'decode t/s',
  'ratio',
  'MB/token',
  'GB/s read',
  'of byte limit',
];

interface Result {
  readonly rows: readonly unknown[];
  readonly leftOut: readonly LeftOut[];
}

/** JSON is the rows alone, so what was left out goes to stderr then. */
export function printResult<R extends Result>(
  asJson: boolean,
  result: R,
  report: (result: R) => string,
): void {
  if (!asJson) {
    process.stdout.write(report(result) + '\n');
    return;
  }
  for (const one of result.leftOut) process.stderr.write(leftOutNote(one) + '\n');
  process.stdout.write(JSON.stringify(result.rows, null, 2) + '\n');
}

export function benchReport(result: Benchmark): string {
  const [first] = result.rows;
  if (first === undefined) return '';
  return [
    titleOf(first),
    table([headings, ...result.rows.map(cells)]),
    '',
    'Tokens at once behind the prompt, as in verifying drafts: milliseconds, and how many times one token',
    table([passHeadings(first), ...result.rows.map(passCells)]),
    ...notes(result),
  ].join('\n');
}

function passHeadings({ passes }: BenchmarkRow): string[] {
  return ['decoder', 'mode', ...passes.map(({ tokens }) => String(tokens))];
}

function passCells({ decoder, mode, passes }: BenchmarkRow): string[] {
  const cost = ({ tokens, milliseconds, ratio }: PassRow) =>
    tokens === 1 ? figures(milliseconds) : `${figures(milliseconds)} × ${ratio.toFixed(2)}`;
  return [decoder, mode, ...passes.map(cost)];
}

function titleOf({ shape, quant, threads }: BenchmarkRow): string {
  return `shape ${shape}, ${quant}, ${String(threads)} threads`;
}

function cells(row: BenchmarkRow): string[] {
  return [
    row.decoder,
    row.mode,
    share(row.activity),
    share(row.recall),
    figures(row.prefillTokensPerSecond),
    `${figures(row.decodeTokensPerSecond)} ± ${figures(row.decodeDeviation, row.decodeTokensPerSecond)}`,
    `${row.ratioToLlamaCpp.toFixed(2)} ± ${row.ratioDeviation.toFixed(2)}`,
    (row.bytesPerToken / 1e6).toFixed(row.bytesPerToken < 1e8 ? 2 : 0),
    (row.readBandwidth / 1e9).toFixed(1),
    `${percent(row.shareOfByteLimit)} ± ${percent(row.shareDeviation)}%`,
  ];
}

function notes({ rows, order, leftOut }: Benchmark): string[] {
  const predicted = rows.filter((row) => row.predictor !== null);
  return [
    ...rows.map(loadNote),
    ...rows.filter((row) => row.device !== null).map(deviceNote),
    ...predicted.map(predictorNote),
    ...(order === 'blocks'
      ? ['Memory does not hold all of them at once: they were loaded in turn, there and back.']
      : []),
    ...leftOut.map(leftOutNote),
    ...(rows.every((row) => row.bytesPerToken < mostCachedBytes)
      ? [
          "A model this small lies in the processor's cache: the byte limit, measured in main memory, does not bind it.",
        ]
      : []),
  ];
}

export function leftOutNote({ mode, reason }: LeftOut): string {
  return `Without ${mode}: ${reason}`;
}

function loadNote({ decoder, mode, loadSeconds, ownBytes }: BenchmarkRow): string {
  const own = ownBytes === null ? '' : `; takes ${memorySize(ownBytes)} that no other process shares`;
  return `${decoder} ${mode}: loads in ${figures(loadSeconds)} s${own}.`;
}

function deviceNote({
  decoder,
  mode,
  device,
  gpuBytes,
  gpuBudget,
  bytesPerToken,
  gpuBytesPerToken,
}: BenchmarkRow) {
  const held = `${memorySize(gpuBytes)} of ${memorySize(gpuBudget)}`;
  return `${decoder} ${mode}: ${held} on ${String(device)}, where ${share(gpuBytesPerToken / bytesPerToken)} of a token's bytes are read.`;
}

function predictorNote(row: BenchmarkRow): string {
  const kind = row.predictor === 'learned' ? 'a learned predictor' : 'the sign predictor';
  const size = `${(row.predictorBytes / 1e6).toFixed(1)} MB`;
  return `${row.mode}: ${kind} of ${size} leaves ${share(row.computed)} of the gates to compute.`;
}

/** Three digits that count, as many decimals as `like` gets. */
function figures(value: number, like = value): string {
  if (like >= 100) return value.toFixed(0);
  return value.toFixed(like >= 10 ? 1 : 2);
}

function share(value: number | null): string {
  return value === null ? '–' : `${percent(value)}%`;
}

function percent(value: number): string {
  return (value * 100).toFixed(1);
}
