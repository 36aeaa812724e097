/** Use case: weights that make confidence what it says, from records of a model's suggestions, or of a family's. */
import { createHash } from 'node:crypto';
import { confidenceOf } from '../completion/confidence.ts';
import { EngineError } from '../errors.ts';
import { calibrationOf, type Calibration } from './calibration.ts';
import { fitConfidence, type ConfidenceWeights } from './fit-confidence.ts';
import type { RecordedSuggestion, RecordedSuggestions } from './suggestion-records.ts';

/** Suggestions in files that the weights were not fitted to; shares are of these, not of the places asked at. */
export interface HeldOutJudgement {
  readonly model: string;
  readonly suggestions: number;
  readonly right: number;
  /** By the plain product of the tokens' probabilities. */
  readonly before: Calibration;
  readonly after: Calibration;
}

export interface CalibrationFit {
  /** The same for all models. */
  readonly weights: ConfidenceWeights;
  /** How many suggestions the weights were fitted to. */
  readonly fitted: number;
  readonly heldOut: readonly HeldOutJudgement[];
}

/** Of right and of wrong ones, in either half: fewer fit noise. */
const fewest = 20;

/**
 * Fits one set of weights to suggestions of one or several models, to half of them, and judges each model's others. A file's
 * suggestions stay together, whichever model made them.
 * @throws EngineError where there are too few
 */
export function calibrate(outputs: readonly RecordedSuggestions[]): CalibrationFit {
  const [fit, heldOut] = halves(
    outputs.flatMap(({ model, records }) => records.map((one) => ({ ...one, model }))),
  );
  for (const half of [fit, heldOut]) requireEnough(half);
  const weights = fitConfidence(fit);
  const models = [...new Set(outputs.map(({ model }) => model))];
  return {
    weights,
    fitted: fit.length,
    heldOut: models.map((model) =>
      judgement(
        model,
        heldOut.filter((one) => one.model === model),
        weights,
      ),
    ),
  };
}

function judgement(
  model: string,
  records: readonly RecordedSuggestion[],
  weights: ConfidenceWeights,
): HeldOutJudgement {
  const by = (candidate: ConfidenceWeights | null) =>
    calibrationOf(
      records.map((record) => ({ ...record, confidence: confidenceOf(record, candidate) })),
      records.length,
    );
  return {
    model,
    suggestions: records.length,
    right: rightOf(records),
    before: by(null),
    after: by(weights),
  };
}

/** Each language's files in an order that nothing but their names decides, each to the half that has fewer suggestions. */
export function halves<Suggestion extends RecordedSuggestion>(
  records: readonly Suggestion[],
): [fit: Suggestion[], heldOut: Suggestion[]] {
  const both: [Suggestion[], Suggestion[]] = [[], []];
  for (const language of groups(records, (record) => record.language)) {
    const own: [Suggestion[], Suggestion[]] = [[], []];
    for (const file of groups(language, ({ path }) => digestOf(path ?? ''))) {
      (own[0].length <= own[1].length ? own[0] : own[1]).push(...file);
    }
    both[0].push(...own[0]);
    both[1].push(...own[1]);
  }
  return both;
}

/** @returns the records of each key, in the order of the keys */
function groups<Suggestion extends RecordedSuggestion>(
  records: readonly Suggestion[],
  keyOf: (record: Suggestion) => string,
): Suggestion[][] {
  const groups = new Map<string, Suggestion[]>();
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

function rightOf(records: readonly RecordedSuggestion[]): number {
  return records.filter(({ right }) => right).length;
}

function requireEnough(half: readonly RecordedSuggestion[]): void {
  const right = rightOf(half);
  const wrong = half.length - right;
  if (Math.min(right, wrong) >= fewest) return;
  throw new EngineError(
    'badInput',
    `${right} right and ${wrong} wrong suggestions in one half: at least ${fewest} of each are needed; evaluate more lines`,
  );
}
