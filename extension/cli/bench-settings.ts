/** `hotset bench --quality --thresholds`: what settings of the thresholds cost on the same text. */
import type { NativeAddon } from '../engine/addon.ts';
import {
  settingsQuality,
  type SettingRow,
  type SettingsQualityOptions,
} from '../engine/benchmark/settings-quality.ts';
import { withProgressBar } from './progress-bar.ts';
import { percent } from './rate.ts';
import { printEvaluation } from './run-evaluation.ts';
import { table } from './table.ts';

/** @throws EngineError */
export async function runSettingsQuality(
  addon: NativeAddon,
  options: Omit<SettingsQualityOptions, 'onProgress'>,
  asJson: boolean,
): Promise<void> {
  const rows = await withProgressBar('measuring', (onProgress) =>
    settingsQuality(addon, { ...options, onProgress }),
  );
  printEvaluation(asJson, rows, report);
}

function report(rows: readonly SettingRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const title = `${first.tokens} tokens in ${first.windows} windows, ${first.bytes} bytes`;
  const headings = [
    'setting',
    'computed',
    'kept mass',
    'adapting',
    'bits/byte',
    `less ${first.setting}`,
    '95%',
  ];
  return [title, table([[...headings, 'same token', '95%'], ...rows.map(cells)])].join('\n');
}

function cells({
  setting,
  activity,
  recall,
  adapting,
  bitsPerByte,
  change,
  agreement,
}: SettingRow): string[] {
  return [
    setting,
    share(activity),
    share(recall),
    share(adapting),
    bitsPerByte.toFixed(4),
    signed(change.bitsPerByte),
    `${signed(change.low)} to ${signed(change.high)}`,
    percent(agreement.share),
    `${percent(agreement.low)} to ${percent(agreement.high)}`,
  ];
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
