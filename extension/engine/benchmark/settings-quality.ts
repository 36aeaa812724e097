/**
 * What settings of the thresholds cost on one text, token by token: far tighter than programs that pass, and as many tokens as
 * one likes. The first setting is what the others are compared with, window by window.
 */
import type { Mode } from '../../protocol/figures.ts';
import type { LoadModelParams } from '../../protocol/requests.ts';
import type { NativeAddon } from '../addon.ts';
import { asEngineError } from '../errors.ts';
import { bootstrapRatio, type Interval } from '../evaluation/programs/intervals.ts';
import type { ThresholdSetting } from '../evaluation/programs/threshold-settings.ts';
import { Progress } from './progress.ts';
import { evaluate, type Evaluation, type TextOptions } from './quality.ts';

export interface SettingsQualityOptions extends TextOptions {
  readonly settings: readonly ThresholdSetting[];
}

/** Shares lie between 0 and 1; null where the setting does not tell. */
export interface SettingRow {
  readonly setting: string;
  readonly windows: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly bitsPerByte: number;
  /** Less the first setting's: above 0 is worse. `low` and `high`: 95 %, windows drawn anew. */
  readonly change: { readonly bitsPerByte: number } & Interval;
  /** Share of positions at which the most probable next token is the first setting's. */
  readonly agreement: { readonly share: number } & Interval;
  readonly activity: number | null;
  readonly recall: number | null;
  readonly adapting: number | null;
}

/** @throws EngineError */
export async function settingsQuality(
  addon: NativeAddon,
  options: SettingsQualityOptions,
): Promise<SettingRow[]> {
  const progress = new Progress(options.onProgress);
  const rows: SettingRow[] = [];
  let first: Evaluation | null = null;
  try {
    for (const { name, load } of options.settings) {
      const contender = { name, mode: modeOf(load) };
      const evaluation: Evaluation = await evaluate(
        addon,
        contender,
        { ...options, ...loadOf(load) },
        progress,
      );
      first ??= evaluation;
      rows.push(rowOf(evaluation, first));
    }
    return rows;
  } catch (thrown) {
    throw asEngineError(thrown);
  }
}

function modeOf({ mode }: Partial<LoadModelParams>): Mode {
  return mode === undefined || mode === 'auto' ? 'dense' : mode;
}

function loadOf({ selection, threshold, hotThreshold, predictor }: Partial<LoadModelParams>) {
  return {
    ...(selection === undefined ? {} : { selection }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(hotThreshold === undefined ? {} : { hotThreshold }),
    ...(predictor === undefined ? {} : { predictor }),
  };
}

function rowOf(evaluation: Evaluation, first: Evaluation): SettingRow {
  const { name, scores, bytes, activity, recall, adapting } = evaluation;
  const bits = scores.reduce((sum, score) => sum + score.bits, 0);
  const tokens = scores.reduce((sum, { best }) => sum + best.length, 0);
  const windows = scores.length;
  const lengths = scores.map(({ best }) => best.length);
  const bytesOf = lengths.map((length) => (length / tokens) * bytes);
  const changes = scores.map((score, window) => score.bits - (first.scores[window]?.bits ?? 0));
  const agreements = scores.map(({ best }, window) => sameOf(best, first.scores[window]?.best ?? best));
  return {
    setting: name,
    windows,
    tokens,
    bytes,
    bitsPerByte: bits / bytes,
    change: { bitsPerByte: sumOf(changes) / bytes, ...bootstrapRatio(changes, bytesOf) },
    agreement: { share: sumOf(agreements) / tokens, ...bootstrapRatio(agreements, lengths) },
    activity,
    recall,
    adapting,
  };
}

function sameOf(left: Int32Array, right: Int32Array): number {
  return left.filter((token, position) => token === right[position]).length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
