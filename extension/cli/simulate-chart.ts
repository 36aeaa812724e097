/** A simulation as an SVG: tokens per second of every model on every machine, on a logarithmic scale. */
import { scaleLog } from 'd3-scale';
import { svgCard, svgText as text } from '../engine/svg.ts';
import type { PricedResult } from './simulate-report.ts';

/** Pixels. */
const width = 860;
const plot = { left: 190, right: 820, top: 84 };
const rowHeight = 24;
const dotRadius = 5;
const legendHeight = 22;
const decades = [0.1, 1, 10, 100, 1_000];

const colours = ['#e07b39', '#0969da', '#1a7f37', '#8250df', '#bf8700', '#57606a'];
const style = colours.map((colour, index) => `\n    .m${index} { fill: ${colour}; }`).join('');

/** @param results at least one; those that do not fit are left out */
export function simulationChart(results: readonly PricedResult[]): string {
  const shown = results.filter(({ fits }) => fits);
  const models = [...new Set(results.map(({ model }) => model))];
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const rates = shown.map(({ decodeTokensPerSecond }) => decodeTokensPerSecond);
  const x = scaleLog()
    .domain([Math.min(1, ...rates) * 0.8, Math.max(10, ...rates) * 1.1])
    .range([plot.left, plot.right]);
  const bottom = plot.top + models.length * rowHeight;
  const yOf = (model: string) => plot.top + models.indexOf(model) * rowHeight + rowHeight / 2;
  const [low = 0, high = 0] = x.domain();
  const ticks = decades.filter((rate) => rate >= low && rate <= high);
  const [first] = results;
  const title = `Tokens per second, ${first?.quantisation ?? ''}, ${firing(results)}, shared by ${first?.sharing ?? ''}`;
  const lines = [
    text('title', 20, 32, title),
    text(
      'note',
      20,
      54,
      'By published bandwidths: limits. A model that does not fit a machine has no dot there.',
    ),
    ...ticks.flatMap((rate) => [
      `<path class="grid" d="M${x(rate).toFixed(1)} ${plot.top - 6}V${bottom}"/>`,
      text('note', x(rate).toFixed(1), bottom + 16, String(rate), 'middle'),
    ]),
    ...models.map((model) => text('name', plot.left - 12, yOf(model) + 4.5, model, 'end')),
    ...shown.map(
      ({ model, machine, decodeTokensPerSecond: rate }) =>
        `<circle class="m${machines.indexOf(machine) % colours.length}" cx="${x(rate).toFixed(1)}" cy="${yOf(model)}" r="${dotRadius}"/>`,
    ),
    ...machines.flatMap((machine, index) => {
      const y = bottom + 42 + index * legendHeight;
      return [
        `<circle class="m${index % colours.length}" cx="${plot.left}" cy="${y - 4}" r="${dotRadius}"/>`,
        text('note', plot.left + 14, y, machine),
      ];
    }),
  ];
  const height = bottom + 56 + machines.length * legendHeight;
  return svgCard({ title, width, height, style, darkStyle: '', lines });
}

function firing(results: readonly PricedResult[]): string {
  return results.some(({ activity }) => activity < 1) ? 'sparse' : 'dense';
}
