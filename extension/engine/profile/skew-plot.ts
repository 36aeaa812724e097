/** A profile's skew as an SVG: share of activations against share of neurons, the most frequent first. */
import { escaped } from '../svg.ts';
import { carriedShare, cumulativeShares, pooled, skewOf } from './skew.ts';

const width = 640;
const height = 440;
const frame = { left: 64, top: 56, right: 168, bottom: 56 };
const plotWidth = width - frame.left - frame.right;
const plotHeight = height - frame.top - frame.bottom;
/** More lines than these can't be told apart. */
const mostGroups = 5;
/** One for each group of layers, legible on white and on black alike. */
const colours = ['#3b82d6', '#2f9e6e', '#c9822b', '#a05ad0', '#d1495b'];
const points = Array.from({ length: 101 }, (_, percent) => percent / 100);
const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];

export interface PlotTitle {
  readonly model: string;
  readonly corpus: string;
}

export function skewPlot({ model, corpus }: PlotTitle, layers: readonly Float32Array[]): string {
  const all = pooled(layers);
  const { carriers } = skewOf(all);
  const percent = (share: number) => `${(share * 100).toFixed(0)}%`;
  const summary = `${percent(carriers)} of the neurons carry ${percent(carriedShare)} of the activations`;
  const groups = groupsOf(layers);
  const lines = groups.map(({ members }, index) => line(pooled(members), colours[index] ?? '', 1.5));
  const names = groups.map(({ name }, index) => legend(index, name, colours[index] ?? ''));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${escaped(`${model}: ${summary}`)}</title>
<style>
  .paper { fill: #ffffff } .ink { fill: #24292f } .faint { fill: #57606a } .grid { stroke: #d0d7de } .whole { stroke: #24292f }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #1e1e1e } .ink { fill: #e6e6e6 } .faint { fill: #a8a8a8 } .grid { stroke: #454545 } .whole { stroke: #e6e6e6 }
  }
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="ink" x="${frame.left}" y="24" font-size="15" font-weight="600">${summary}</text>
<text class="faint" x="${frame.left}" y="42">${escaped(shortened(`${model}, profiled on ${corpus}`, 88))}</text>
${grid()}
${lines.join('\n')}
${line(all, null, 2.5)}
${marker(carriers)}
${names.join('\n')}
${legend(groups.length, 'all layers', null)}
</svg>
`;
}

interface Group {
  readonly name: string;
  readonly members: readonly Float32Array[];
}

/** Neighbouring layers, as evenly as their number allows. */
function groupsOf(layers: readonly Float32Array[]): Group[] {
  const count = Math.min(mostGroups, layers.length);
  return Array.from({ length: count }, (_, index) => {
    const first = Math.round((index * layers.length) / count);
    const end = Math.round(((index + 1) * layers.length) / count);
    const name = end - first === 1 ? `layer ${first}` : `layers ${first}–${end - 1}`;
    return { name, members: layers.slice(first, end) };
  });
}

function x(share: number): string {
  return (frame.left + share * plotWidth).toFixed(1);
}

function y(share: number): string {
  return (frame.top + (1 - share) * plotHeight).toFixed(1);
}

/** @param colour null: the colour of ink */
function line(frequencies: Float32Array, colour: string | null, strokeWidth: number): string {
  const path = cumulativeShares(frequencies, points).map(
    (sum, index) => `${x(points[index] ?? 0)},${y(sum)}`,
  );
  return `<polyline fill="none" stroke-width="${strokeWidth}" ${stroke(colour)} points="${path.join(' ')}"/>`;
}

function stroke(colour: string | null): string {
  return colour === null ? 'class="whole"' : `stroke="${colour}"`;
}

function marker(carriers: number): string {
  return `<circle class="ink" cx="${x(carriers)}" cy="${y(carriedShare)}" r="4"/>`;
}

function legend(row: number, name: string, colour: string | null): string {
  const left = width - frame.right + 16;
  const top = frame.top + 12 + row * 20;
  return `<line x1="${left}" x2="${left + 20}" y1="${top}" y2="${top}" stroke-width="2.5" ${stroke(colour)}/>
<text class="ink" x="${left + 28}" y="${top + 4}">${name}</text>`;
}

function grid(): string {
  const horizontal = ticks.map(
    (tick) => `<line class="grid" x1="${x(0)}" x2="${x(1)}" y1="${y(tick)}" y2="${y(tick)}"/>
<text class="faint" x="${frame.left - 8}" y="${Number(y(tick)) + 4}" text-anchor="end">${Math.round(tick * 100)}%</text>`,
  );
  const vertical = ticks.map(
    (tick) =>
      `<text class="faint" x="${x(tick)}" y="${height - frame.bottom + 18}" text-anchor="middle">${Math.round(tick * 100)}%</text>`,
  );
  const middle = frame.left + plotWidth / 2;
  return `${[...horizontal, ...vertical].join('\n')}
<text class="faint" x="${middle}" y="${height - 14}" text-anchor="middle">share of neurons, the most frequent first</text>
<text class="faint" transform="translate(16 ${frame.top + plotHeight / 2}) rotate(-90)" text-anchor="middle">share of activations</text>`;
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
