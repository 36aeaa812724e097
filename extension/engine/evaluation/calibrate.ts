/** Use case: weights that make a model's confidence what it says, from records of its suggestions. */
import { createHash } from 'node:crypto';
import { confidenceOf } from '../completion/confidence.ts';
import { EngineError } from '../errors.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { fitConfidence, type ConfidenceWeights } from './fit-confidence.ts';
import type { SuggestionRecord } from './solve-line.ts';

export interface CalibrationFit {
  readonly weights: ConfidenceWeights;
  /** How many suggestions the weights were fitted to. */
  readonly fitted: number;
  /** Of the others, which are in other files; shares are of these, not of the places asked at. */
  readonly heldOut: {
    readonly suggestions: number;
    readonly right: number;
    /** By the plain product of the tokens' probabilities. */
    readonly before: Calibration;
    readonly after: Calibration;
  };
}

/** Of right and of wrong ones, in either half: fewer fit noise. */
const fewest = 20;

/**
 * Fits to one half of the records, and judges by the other. A file's records stay together.
 * @throws EngineError where there are too few
 */
export function calibrate(records: readonly SuggestionRecord[]): CalibrationFit {
  const [fit, heldOut] = halves(records);
  for (const half of [fit, heldOut]) requireEnough(half);
  const weights = fitConfidence(fit);
  const judged = (confidence: (record: SuggestionRecord) => number | null) =>
    calibrationOf(
      heldOut.map((record) => ({ ...record, confidence: confidence(record) })),
      heldOut.length,
    );
  return {
    weights,
    fitted: fit.length,
    heldOut: {
      suggestions: heldOut.length,
      right: rightOf(heldOut),
      before: judged(() => null),
      after: judged((record) => confidenceOf(record, weights)),
    },
  };
}

/** Each language's files in an order that nothing but their names decides, each to the half that has fewer suggestions. */
export function halves(
  records: readonly SuggestionRecord[],
): [fit: SuggestionRecord[], heldOut: SuggestionRecord[]] {
  const both: [SuggestionRecord[], SuggestionRecord[]] = [[], []];
  for (const language of groups(records, (record) => record.language)) {
    const own: [SuggestionRecord[], SuggestionRecord[]] = [[], []];
    for (const file of groups(language, ({ path }) => digestOf(path ?? ''))) {
      (own[0].length <= own[1].length ? own[0] : own[1]).push(...file);
    }
    both[0].push(...own[0]);
    both[1].push(...own[1]);
  }
  return both;
}

/** @returns the records of each key, in the order of the keys */
function groups(
  records: readonly SuggestionRecord[],
  keyOf: (record: SuggestionRecord) => string,
): SuggestionRecord[][] {
  const groups = new Map<string, SuggestionRecord[]>();
  for (const record of records) {
    const key = keyOf(record);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(record);
  }
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, group]) => group);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function rightOf(records: readonly SuggestionRecord[]): number {
  return records.filter(({ right }) => right).length;
}

function requireEnough(half: readonly SuggestionRecord[]): void {
  const right = rightOf(half);
  const wrong = half.length - right;
  if (Math.min(right, wrong) >= fewest) return;
  throw new EngineError(
    'badInput',
    `${right} right and ${wrong} wrong suggestions in one half: at least ${fewest} of each are needed; evaluate more lines`,
  );
}
