/** A plot of a sweep: pass@1 with its interval, against a figure of each setting. Colours are the page's. */
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { escaped, svgCard } from '../../svg.ts';

export interface PlotPoint {
  readonly name: string;
  /** Which of the page's colours. */
  readonly colour: number;
  readonly x: number;
  /** Shares, as are `low` and `high`. */
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface Plot {
  readonly title: string;
  readonly axis: string;
  /** Of the axis; `share` is written as percent, from 0 to 1. */
  readonly scale: 'share' | 'number';
  readonly points: readonly PlotPoint[];
}

/** Pixels. */
const height = 380;
const frame = { left: 62, top: 40, bottom: 54 };
const right = 402;
const bottom = height - frame.bottom;
const labelHeight = 15;
/** Of bold text of 12 pixels, on average of names of settings in a wide font. */
const letterWidth = 8;
const capWidth = 4;
const mostTicks = 6;

type Axis = ScaleLinear<number, number>;

/** For the page, whose colours it takes. */
export function plotSvg(plot: Plot): string {
  return `<svg viewBox="0 0 ${widthOf(plot)} ${height}" role="img" aria-label="${escaped(plot.title).replaceAll('"', '&quot;')}">\n${linesOf(plot).join('\n')}\n</svg>`;
}

/** By itself. @param style CSS rules of what is drawn */
export function plotCard(plot: Plot, style: string): string {
  const { title } = plot;
  return svgCard({ title, width: widthOf(plot), height, style, darkStyle: '', lines: linesOf(plot) });
}

/** With room for the longest name right of the frame. */
function widthOf({ points }: Plot): number {
  return right + 20 + letterWidth * Math.max(...points.map(({ name }) => name.length));
}

function linesOf({ title, axis, scale, points }: Plot): string[] {
  const x = axisOf(scale === 'share' ? [0, 1] : [0, ...points.map((point) => point.x)], [frame.left, right]);
  const y = axisOf(
    points.flatMap(({ low, high }) => [low, high]),
    [bottom, frame.top],
  );
  return [
    text('name', frame.left, 22, title),
    ...ticksOf(x, scale === 'share').flatMap(([tick, name]) => [
      path('grid', `M${at(x(tick))} ${frame.top}V${bottom}`),
      text('note', x(tick), bottom + 18, name, 'middle'),
    ]),
    ...ticksOf(y, true).flatMap(([tick, name]) => [
      path('grid', `M${frame.left} ${at(y(tick))}H${right}`),
      text('note', frame.left - 8, y(tick) + 4, name, 'end'),
    ]),
    text('note', (frame.left + right) / 2, height - 10, axis, 'middle'),
    `<g transform="translate(14 ${(frame.top + bottom) / 2}) rotate(-90)">${text('note', 0, 0, 'pass@1', 'middle')}</g>`,
    ...points.flatMap((point) => marks(point, x, y)),
    ...labels(points, x, y),
  ];
}

/** From round number to round number; what is equal everywhere gets an axis all the same. */
function axisOf(values: readonly number[], pixels: readonly [number, number]): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = most > least ? 0 : Math.max(Math.abs(most), 0.05) / 2;
  return scaleLinear([Math.max(0, least - room), most + room], pixels).nice(mostTicks);
}

function ticksOf(axis: Axis, isShare: boolean): [value: number, name: string][] {
  const name = axis.tickFormat(mostTicks, isShare ? '%' : undefined);
  return axis.ticks(mostTicks).map((tick) => [tick, name(tick)]);
}

function marks({ colour, x, y, low, high }: PlotPoint, placeX: Axis, placeY: Axis): string[] {
  const middle = placeX(x);
  const [top, end] = [at(placeY(high)), at(placeY(low))];
  const caps = [top, end].map((place) => `M${at(middle - capWidth)} ${place}h${2 * capWidth}`).join('');
  return [
    path(`interval c${colour}`, `M${at(middle)} ${top}V${end}${caps}`),
    `<circle class="point c${colour}" cx="${at(middle)}" cy="${at(placeY(y))}" r="5"/>`,
  ];
}

/** In the margin, in the order of the points, none on top of another; a thin line leads from each point. */
function labels(points: readonly PlotPoint[], placeX: Axis, placeY: Axis): string[] {
  const ordered = points.toSorted((one, other) => other.y - one.y);
  const first = ordered.map(({ y }) => placeY(y));
  let last = -Infinity;
  const down = first.map((place) => (last = Math.max(place, last + labelHeight)));
  const over = Math.max(0, (down.at(-1) ?? 0) - bottom);
  return ordered.flatMap(({ name, colour, x, y }, index) => {
    const place = (down[index] ?? 0) - over;
    return [
      path('leader', `M${at(placeX(x) + 6)} ${at(placeY(y))}L${right + 8} ${at(place)}`),
      text(`label c${colour}`, right + 12, place + 4, name),
    ];
  });
}

function path(className: string, data: string): string {
  return `<path class="${className}" d="${data}"/>`;
}

function text(className: string, x: number, y: number, content: string, anchor = 'start'): string {
  return `<text class="${className}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

function at(value: number): string {
  return value.toFixed(1);
}
