/** A benchmark as an SVG bar chart: each contender's decode rate as a ratio to llama.cpp's, readable in light and dark. */
import { scaleLinear } from 'd3-scale';
import { svgCard, svgText as text } from '../svg.ts';
import { nameOf } from './contenders.ts';
import type { BenchmarkRow } from './row.ts';

/** Pixels. */
const width = 760;
const plot = { left: 150, right: 580, top: 92 };
const barHeight = 22;
const rowHeight = 40;
const footer = 82;
const whiskerHeight = 10;
const limitOverhang = 4;
const mostTicks = 6;

const style = `
    .one { stroke: #57606a; stroke-dasharray: 3 3; }
    .ours { fill: #e07b39; }
    .theirs { fill: #8c959f; }
    .whisker { stroke: #1f2328; stroke-width: 1.4; fill: none; }
    .limit { stroke: #0969da; stroke-width: 2.5; }`;
const darkStyle = `
      .one { stroke: #9198a1; }
      .ours { fill: #c4622d; }
      .theirs { fill: #6e7681; }
      .whisker { stroke: #e6edf3; }
      .limit { stroke: #58a6ff; }`;

/** @param rows llama.cpp first, at least one */
export function chart(rows: readonly BenchmarkRow[]): string {
  const bottom = plot.top + rows.length * rowHeight;
  const height = bottom + footer;
  const scale = scaleOf(rows);
  const lines = [
    ...heading(rows),
    ...grid(scale, bottom),
    ...rows.flatMap((row, index) => bar(row, index, scale)),
    ...legend(bottom),
  ];
  const title = 'Decoding speed as a ratio to llama.cpp';
  return svgCard({ title, width, height, style, darkStyle, lines });
}

interface Scale {
  readonly ticks: readonly number[];
  /** @returns pixels from the left, one decimal */
  readonly x: (ratio: number) => string;
}

function scaleOf(rows: readonly BenchmarkRow[]): Scale {
  const largest = Math.max(1, ...rows.map(farthest));
  const scale = scaleLinear([0, largest], [plot.left, plot.right]).nice(mostTicks);
  return { ticks: scale.ticks(mostTicks), x: (ratio) => scale(ratio).toFixed(1) };
}

function farthest(row: BenchmarkRow): number {
  return Math.max(row.ratioToLlamaCpp + row.ratioDeviation, limitOf(row) ?? 0);
}

/** As a ratio to llama.cpp; null where a processor's cache lifts the limit. */
function limitOf(row: BenchmarkRow): number | null {
  return row.shareOfByteLimit > 1 ? null : row.ratioToLlamaCpp / row.shareOfByteLimit;
}

function heading(rows: readonly BenchmarkRow[]): string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const active = rows.find((row) => row.activity !== null)?.activity ?? null;
  const activity = active === null ? '' : `, ${(active * 100).toFixed(1)}% activity`;
  const title = `${first.shape}, ${first.quant}${activity}, ${first.threads} ${first.threads === 1 ? 'thread' : 'threads'}`;
  return [
    text('title', 20, 32, title),
    text(
      'note',
      20,
      54,
      'Tokens decoded per second, as a ratio to llama.cpp on the same machine in the same run',
    ),
  ];
}

function grid({ ticks, x }: Scale, bottom: number): string[] {
  return ticks.flatMap((ratio) => [
    `<path class="${ratio === 1 ? 'one' : 'grid'}" d="M${x(ratio)} ${plot.top - 8}V${bottom}"/>`,
    text('note', x(ratio), bottom + 16, `${String(ratio)}×`, 'middle'),
  ]);
}

function bar(row: BenchmarkRow, index: number, { x }: Scale): string[] {
  const top = plot.top + index * rowHeight;
  const middle = top + barHeight / 2;
  const ratio = row.ratioToLlamaCpp;
  const [low, high] = [x(ratio - row.ratioDeviation), x(ratio + row.ratioDeviation)];
  const [capTop, capBottom] = [middle - whiskerHeight / 2, middle + whiskerHeight / 2];
  const limit = limitOf(row);
  const values = `${ratio.toFixed(2)}× · ${rate(row.decodeTokensPerSecond)} t/s`;
  return [
    text('name', plot.left - 12, middle + 4.5, nameOf(row), 'end'),
    `<rect class="${row.decoder === 'hybrid' ? 'ours' : 'theirs'}" x="${plot.left}" y="${top}" width="${(Number(x(ratio)) - plot.left).toFixed(1)}" height="${barHeight}" rx="2"/>`,
    `<path class="whisker" d="M${low} ${middle}H${high}M${low} ${capTop}V${capBottom}M${high} ${capTop}V${capBottom}"/>`,
    ...(limit === null
      ? []
      : [`<path class="limit" d="M${x(limit)} ${top - limitOverhang}V${top + barHeight + limitOverhang}"/>`]),
    text('name', plot.right + 20, middle - 2, values),
    ...(limit === null ? [] : [text('note', plot.right + 20, middle + 13, shareOfLimit(row))]),
  ];
}

function legend(bottom: number): string[] {
  const [limit, spread] = [bottom + 44, bottom + 64];
  const [start, end, indent] = [plot.left, plot.left + 20, plot.left + 32];
  return [
    `<path class="limit" d="M${start + 10} ${limit - 10}V${limit + 2}"/>`,
    text(
      'note',
      indent,
      limit,
      'byte limit: memory bandwidth around the same decoding ÷ bytes that must be read for a token',
    ),
    `<path class="whisker" d="M${start} ${spread - 4}H${end}M${start} ${spread - 8}v8M${end} ${spread - 8}v8"/>`,
    text('note', indent, spread, 'spread: half the distance between the quartiles, to either side'),
  ];
}

function shareOfLimit({ shareOfByteLimit, shareDeviation }: BenchmarkRow): string {
  return `${percent(shareOfByteLimit)} ± ${percent(shareDeviation)}% of the limit`;
}

function percent(value: number): string {
  return (value * 100).toFixed(0);
}

function rate(tokensPerSecond: number): string {
  return tokensPerSecond.toFixed(tokensPerSecond < 100 ? 1 : 0);
}
