/** Calibration as an SVG: precision against share shown, and share right against confidence; readable in light and dark. */
import { svgCard, svgText as text } from '../svg.ts';
import type { Calibration, ReliabilityBin } from './calibration.ts';

/** Pixels. */
const width = 760;
const height = 420;
const plot = { top: 88, size: 270 };
const left = { curve: 64, reliability: 444 };
const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** Of the largest bin; others by area. */
const largestRadius = 9;
const smallestRadius = 2;
/** A precision over fewer suggestions is chance. */
const fewestShown = 10;

const style = `
    .ideal { stroke: #57606a; stroke-dasharray: 3 3; }
    .curve { stroke: #e07b39; stroke-width: 2.2; fill: none; stroke-linejoin: round; }
    .weighted { stroke: #57606a; stroke-width: 1.4; stroke-dasharray: 5 3; }
    .bin { fill: #e07b39; fill-opacity: 0.75; stroke: #b85c1e; }`;
const darkStyle = `
      .ideal { stroke: #9198a1; }
      .weighted { stroke: #9198a1; }
      .bin { fill: #c4622d; stroke: #e07b39; }`;

/** @param weighted beside it, dashed, what fitted weights make of the same suggestions; null: nothing */
export function confidenceChart(
  model: string,
  calibration: Calibration,
  weighted: Calibration | null = null,
): string {
  const lines = [
    text('title', 20, 32, `${model}: when to show a suggestion`),
    text('note', 20, 54, subtitle(calibration) + (weighted === null ? '' : '; dashed: with fitted weights')),
    ...frame(left.curve, 'Precision', 'share of places with a suggestion shown', 'of these right'),
    ...curve(calibration, 'curve'),
    ...(weighted === null ? [] : curve(weighted, 'curve weighted')),
    ...frame(left.reliability, 'Reliability (areas: number of suggestions)', 'confidence', 'share right'),
    `<path class="ideal" d="M${at(left.reliability, 0, 0)}L${at(left.reliability, 1, 1)}"/>`,
    ...reliability(calibration.bins),
  ];
  const title = 'Precision against share shown, and share right against confidence';
  return svgCard({ title, width, height, style, darkStyle, lines });
}

function subtitle({ bins, expectedCalibrationError }: Calibration): string {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const error =
    expectedCalibrationError === null ? '' : `, calibration error ${expectedCalibrationError.toFixed(3)}`;
  return `${count} suggestions in held-out files${error}`;
}

/** @param x share, from the panel's left; @param y share, from its bottom */
function at(panel: number, x: number, y: number): string {
  return `${(panel + x * plot.size).toFixed(1)} ${(plot.top + (1 - y) * plot.size).toFixed(1)}`;
}

function frame(panel: number, name: string, horizontal: string, vertical: string): string[] {
  const bottom = plot.top + plot.size;
  const middle = plot.top + plot.size / 2;
  return [
    text('name', panel, plot.top - 12, name),
    ...ticks.flatMap((tick) => [
      `<path class="grid" d="M${at(panel, 0, tick)}L${at(panel, 1, tick)}"/>`,
      `<path class="grid" d="M${at(panel, tick, 0)}L${at(panel, tick, 1)}"/>`,
      text('note', panel - 8, plot.top + (1 - tick) * plot.size + 4, percent(tick), 'end'),
      text('note', panel + tick * plot.size, bottom + 20, percent(tick), 'middle'),
    ]),
    text('note', panel + plot.size / 2, bottom + 42, horizontal, 'middle'),
    `<g transform="translate(${panel - 46} ${middle}) rotate(-90)">${text('note', 0, 0, vertical, 'middle')}</g>`,
  ];
}

function curve({ curve: points, bins }: Calibration, name: string): string[] {
  const suggestions = bins.reduce((sum, bin) => sum + bin.count, 0);
  const [first] = points;
  if (first === undefined || suggestions === 0) return [];
  const fewest = (first.share * fewestShown) / suggestions;
  const drawn = points.flatMap(({ share, precision }) =>
    precision === null || share < fewest ? [] : [at(left.curve, share, precision)],
  );
  return [`<path class="${name}" d="M${drawn.join('L')}"/>`];
}

function reliability(bins: readonly ReliabilityBin[]): string[] {
  const most = Math.max(...bins.map(({ count }) => count));
  return bins.flatMap(({ count, confidence, right }) => {
    if (confidence === null || right === null) return [];
    const radius = Math.max(smallestRadius, largestRadius * Math.sqrt(count / most));
    const [x, y] = at(left.reliability, confidence, right).split(' ');
    return [`<circle class="bin" cx="${x ?? ''}" cy="${y ?? ''}" r="${radius.toFixed(1)}"/>`];
  });
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
