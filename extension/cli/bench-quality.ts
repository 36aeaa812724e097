/** `hotset bench --quality`: what the modes that leave neurons out cost in quality. */
import type { NativeAddon } from '../engine/addon.ts';
import { quality, type Quality, type QualityOptions, type QualityRow } from '../engine/benchmark/quality.ts';
import { leftOutNote, printResult } from './bench-report.ts';
import { withProgressBar } from './progress-bar.ts';
import { table } from './table.ts';

/** @throws EngineError */
export async function runQuality(
  addon: NativeAddon,
  options: Omit<QualityOptions, 'onProgress'>,
  asJson: boolean,
): Promise<void> {
  const result = await withProgressBar('measuring', (onProgress) =>
    quality(addon, { ...options, onProgress }),
  );
  printResult(asJson, result, report);
}

const headings = [
  'mode',
  'predictor',
  'recall',
  'activity',
  'gates computed',
  'agreement',
  'bits/byte',
  'against dense',
];

function report({ rows, leftOut }: Quality): string {
  const [first] = rows;
  if (first === undefined) return '';
  const title = `${String(first.tokens)} tokens, ${String(first.bytes)} bytes`;
  const lines = [title, table([headings, ...rows.map(cells)]), ...rows.map(recallByLayer)];
  return [...lines.filter((line) => line !== ''), ...leftOut.map(leftOutNote)].join('\n');
}

function cells(row: QualityRow): string[] {
  const change = row.bitsPerByteChange;
  return [
    row.mode,
    row.predictor ?? '–',
    share(row.recall),
    share(row.activity),
    share(row.computed),
    `${(row.agreement * 100).toFixed(2)}%`,
    row.bitsPerByte.toFixed(4),
    row.mode === 'dense' ? '–' : `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(4)}`,
  ];
}

/** Empty where the mode leaves nothing out. */
function recallByLayer({ mode, recallByLayer: layers }: QualityRow): string {
  if (layers.length === 0) return '';
  const recalls = layers.map((recall, layer) => [String(layer), share(recall)]);
  return `\nRecall in mode ${mode}, by layer\n${table([['layer', 'recall'], ...recalls])}`;
}

function share(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)}%`;
}
