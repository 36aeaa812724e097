/** How well the confidence of suggestions tells which of them are right. */
import type { SuggestionRecord } from './solve-line.ts';

type Outcome = Pick<SuggestionRecord, 'right' | 'sumLogP' | 'confidence'>;

/** Suggestions whose confidence lies in one tenth of the range. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence, and the share that was right; null where the bin is empty. */
  readonly confidence: number | null;
  readonly right: number | null;
}

export interface CurvePoint {
  readonly threshold: number;
  /** Of all places asked at, the share where a suggestion of at least that confidence is shown. */
  readonly share: number;
  /** Share of these that are right; null where none is shown. */
  readonly precision: number | null;
}

export interface Calibration {
  /** `tokens`: the model has no calibration, and the product of its tokens' probabilities stands in for it. */
  readonly source: 'model' | 'tokens';
  readonly bins: readonly ReliabilityBin[];
  readonly curve: readonly CurvePoint[];
  /** Expected calibration error: mean distance between confidence and share right, bins weighted by their size. */
  readonly expectedCalibrationError: number | null;
  /** Mean square of confidence less 1 where right, less 0 where wrong. */
  readonly brier: number | null;
}

const binCount = 10;
const curveSteps = 100;

/** @param places where a suggestion was asked for; at some of them none was shown */
export function calibrationOf(records: readonly Outcome[], places: number): Calibration {
  const judged = records.map((record) => ({ confidence: confidenceOf(record), right: record.right ? 1 : 0 }));
  const bins = Array.from({ length: binCount }, (_, index) => binOf(judged, index));
  const errors = judged.map(({ confidence, right }) => (confidence - right) ** 2);
  return {
    source: records.some(({ confidence }) => confidence !== null) ? 'model' : 'tokens',
    bins,
    curve: Array.from({ length: curveSteps + 1 }, (_, index) => pointOf(judged, index / curveSteps, places)),
    expectedCalibrationError: mean(bins.flatMap(distances)),
    brier: mean(errors),
  };
}

interface Judged {
  readonly confidence: number;
  /** 1: it was. */
  readonly right: number;
}

function confidenceOf({ confidence, sumLogP }: Outcome): number {
  return confidence ?? Math.exp(sumLogP);
}

function binOf(judged: readonly Judged[], index: number): ReliabilityBin {
  const members = judged.filter(({ confidence }) => binIndex(confidence) === index);
  return {
    from: index / binCount,
    to: (index + 1) / binCount,
    count: members.length,
    confidence: mean(members.map(({ confidence }) => confidence)),
    right: mean(members.map(({ right }) => right)),
  };
}

/** A confidence of 1 belongs to the last bin. */
function binIndex(confidence: number): number {
  return Math.min(binCount - 1, Math.floor(confidence * binCount));
}

/** One for each member of the bin. */
function distances({ count, confidence, right }: ReliabilityBin): number[] {
  return Array<number>(count).fill(Math.abs((confidence ?? 0) - (right ?? 0)));
}

function pointOf(judged: readonly Judged[], threshold: number, places: number): CurvePoint {
  const shown = judged.filter(({ confidence }) => confidence >= threshold);
  return {
    threshold,
    share: places === 0 ? 0 : shown.length / places,
    precision: mean(shown.map(({ right }) => right)),
  };
}

/** null of nothing. */
function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
