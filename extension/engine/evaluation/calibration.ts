/** How well the confidence of suggestions tells which of them are right, and what it is worth to show those above it. */
import { keystrokesOf } from './keystrokes.ts';
import type { SuggestionRecord } from './solve-line.ts';

type Outcome = Pick<SuggestionRecord, 'right' | 'confidence' | 'written'>;

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
  /** Keystrokes that these save, less the time it takes to read them ({@link readingKeys}): mean over all places. */
  readonly keysSaved: number;
}

export interface Calibration {
  readonly bins: readonly ReliabilityBin[];
  readonly curve: readonly CurvePoint[];
  /** Expected calibration error: mean distance between confidence and share right, bins weighted by their size. */
  readonly expectedCalibrationError: number | null;
  /** What that is on average where each suggestion is right with the very probability of its confidence: chance alone. */
  readonly errorByChance: number | null;
  /** Mean square of confidence less 1 where right, less 0 where wrong. */
  readonly brier: number | null;
  /**
   * How probably a right suggestion has a higher confidence than a wrong one (area under the ROC curve, ties count half);
   * null without suggestions of both kinds.
   */
  readonly auc: number | null;
  /** Of the curve, where most keystrokes are saved; the lowest of several. */
  readonly bestThreshold: number;
}

/**
 * What reading a suggestion costs, right or wrong: a third of a second to see what it says, as the typist of `evaluate typing`
 * needs, in which a person types two characters.
 */
export const readingKeys = 2;

const binCount = 10;
const curveSteps = 100;

/** @param places where a suggestion was asked for; at some of them none was shown */
export function calibrationOf(records: readonly Outcome[], places: number): Calibration {
  const judged = records.map(judgedOf);
  const curve = Array.from({ length: curveSteps + 1 }, (_, index) =>
    pointOf(judged, index / curveSteps, places),
  );
  const bins = Array.from({ length: binCount }, (_, index) => binOf(judged, index));
  const errors = judged.map(({ confidence, right }) => (confidence - right) ** 2);
  return {
    bins,
    curve,
    expectedCalibrationError: mean(bins.flatMap(distances)),
    errorByChance: errorByChance(judged),
    brier: mean(errors),
    auc: areaUnderRoc(judged),
    bestThreshold: best(curve).threshold,
  };
}

interface Judged {
  readonly confidence: number;
  /** 1: it was. */
  readonly right: number;
  readonly keysSaved: number;
}

function judgedOf({ right, confidence, written }: Outcome): Judged {
  const acceptedFor = right ? keystrokesOf(written).length - 1 : 0;
  return {
    confidence,
    right: right ? 1 : 0,
    keysSaved: acceptedFor - readingKeys,
  };
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

/** In each bin the number of right ones has nearly a normal distribution, of which the mean distance is √(2/π) deviations. */
function errorByChance(judged: readonly Judged[]): number | null {
  if (judged.length === 0) return null;
  const variances = Array.from({ length: binCount }, () => 0);
  for (const { confidence } of judged) {
    const bin = binIndex(confidence);
    variances[bin] = (variances[bin] ?? 0) + confidence * (1 - confidence);
  }
  const distance = variances.reduce((sum, variance) => sum + Math.sqrt((2 / Math.PI) * variance), 0);
  return distance / judged.length;
}

function pointOf(judged: readonly Judged[], threshold: number, places: number): CurvePoint {
  const shown = judged.filter(({ confidence }) => confidence >= threshold);
  return {
    threshold,
    share: places === 0 ? 0 : shown.length / places,
    precision: mean(shown.map(({ right }) => right)),
    keysSaved: places === 0 ? 0 : shown.reduce((sum, { keysSaved }) => sum + keysSaved, 0) / places,
  };
}

function best(curve: readonly CurvePoint[]): CurvePoint {
  return curve.reduce((found, point) => (point.keysSaved > found.keysSaved ? point : found));
}

/** From the sum of the right ones' ranks (Mann and Whitney); equal ones share the mean of their ranks. */
function areaUnderRoc(judged: readonly Judged[]): number | null {
  const sorted = judged.map(({ confidence }) => confidence).sort((left, right) => left - right);
  const rankOf = (value: number) => (sorted.indexOf(value) + 1 + sorted.lastIndexOf(value) + 1) / 2;
  const right = judged.filter((one) => one.right === 1);
  const pairs = right.length * (judged.length - right.length);
  if (pairs === 0) return null;
  const ranks = right.reduce((sum, { confidence }) => sum + rankOf(confidence), 0);
  return (ranks - (right.length * (right.length + 1)) / 2) / pairs;
}

/** null of nothing. */
function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
