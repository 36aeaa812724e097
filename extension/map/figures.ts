/** What the last completion cost, and tokens per second over time. */
import { median } from 'd3-array';
import { element, made } from './element.ts';
import type { ShownFigures } from './messages.ts';
import { speedLine } from './speed-line.ts';
import { bytes, percent, rate } from './words.ts';

const svg = 'http://www.w3.org/2000/svg';
const [width, height] = [280, 64];
/** Left of the line, for what the scale says. */
const margin = 34;

export function showFigures(last: ShownFigures | null, rates: readonly number[]): void {
  element('figures', HTMLDListElement).replaceChildren(
    ...linesOf(last, rates).map(([name, value]) => {
      const group = document.createElement('div');
      group.append(made('dt', name), made('dd', value));
      return group;
    }),
  );
  showSpeed(rates);
}

function linesOf(last: ShownFigures | null, rates: readonly number[]): [string, string][] {
  const usual = median(rates) ?? null;
  const known = (value: number | null, text: (value: number) => string) =>
    value === null ? '–' : text(value);
  return [
    ['Tokens/s', known(last?.tokensPerSecond ?? null, rate)],
    [`Median of ${rates.length}`, known(usual, rate)],
    ['Activity', known(last?.activity ?? null, percent)],
    ['Recall', known(last?.recall ?? null, (share) => `${(share * 100).toFixed(1)}%`)],
    ['Read for a token', known(last?.bytesPerToken ?? null, bytes)],
    ['Device', last?.device ?? 'CPU'],
  ];
}

function showSpeed(rates: readonly number[]): void {
  const chart = element('speed', SVGSVGElement);
  const { path, ticks } = speedLine(rates, width, height);
  const line = drawn('path', { d: path, class: 'line', transform: `translate(${margin} 6)` });
  const scale = ticks.flatMap(({ y, rate: value }) => {
    const label = drawn('text', { x: margin - 6, y: y + 10, 'text-anchor': 'end' });
    label.textContent = String(value);
    return [drawn('line', { x1: margin, x2: margin + width, y1: y + 6, y2: y + 6, class: 'grid' }), label];
  });
  const title = document.createElementNS(svg, 'title');
  title.textContent =
    rates.length < 2
      ? 'Tokens per second: too few completions yet'
      : `Tokens per second of the last ${rates.length} completions, from ${rate(Math.min(...rates))} to ${rate(Math.max(...rates))}`;
  chart.replaceChildren(title, ...scale, line);
}

function drawn(
  name: 'path' | 'line' | 'text',
  attributes: Readonly<Record<string, string | number>>,
): SVGElement {
  const made = document.createElementNS(svg, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
