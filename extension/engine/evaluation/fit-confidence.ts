/**
 * Fits the four weights of the confidence (completion/confidence.ts) to suggestions of which is known whether they were
 * right: logistic regression by Newton's method.
 */
import type { ConfidenceEvidence } from '../../protocol/requests.ts';

/** bias, w_sum, w_min, w_count. */
export type ConfidenceWeights = readonly [number, number, number, number];

export type Judged = ConfidenceEvidence & { readonly right: boolean };

/** In units of one suggestion: only keeps weights finite that the suggestions leave open. */
const ridge = 0.1;
const mostSteps = 100;
const converged = 1e-10;
/** A step that has been halved so often improves nothing any more. */
const smallestStep = 1e-6;

/** @param suggestions at least one */
export function fitConfidence(suggestions: readonly Judged[]): ConfidenceWeights {
  const { centres, sizes, rows } = standardised(suggestions.map(featuresOf));
  const outcomes = suggestions.map(({ right }) => (right ? 1 : 0));
  const [bias = 0, ...slopes] = minimised(rows, outcomes);
  const weights = slopes.map((slope, column) => slope / (sizes[column] ?? 1));
  const [ofSum = 0, ofMin = 0, ofCount = 0] = weights;
  return [bias - dot(weights, centres), ofSum, ofMin, ofCount];
}

function featuresOf({ sumLogP, minLogP, tokens }: ConfidenceEvidence): number[] {
  return [sumLogP, minLogP, Math.log(tokens)];
}

interface Standardised {
  readonly centres: readonly number[];
  readonly sizes: readonly number[];
  /** 1 and the features, centred and of unit size: so the ridge means the same for all, and steps are well conditioned. */
  readonly rows: readonly (readonly number[])[];
}

function standardised(features: readonly (readonly number[])[]): Standardised {
  const columns = (features[0] ?? []).map((_, column) => features.map((row) => row[column] ?? 0));
  const centres = columns.map(mean);
  const sizes = columns.map((column, index) => {
    const centre = centres[index] ?? 0;
    return Math.sqrt(mean(column.map((value) => (value - centre) ** 2))) || 1;
  });
  const scaled = (row: readonly number[]) =>
    row.map((value, column) => (value - (centres[column] ?? 0)) / (sizes[column] ?? 1));
  return { centres, sizes, rows: features.map((row) => [1, ...scaled(row)]) };
}

type Rows = readonly (readonly number[])[];

/** The weights of least {@link loss}. */
function minimised(rows: Rows, outcomes: readonly number[]): readonly number[] {
  let weights: readonly number[] = (rows[0] ?? []).map(() => 0);
  for (let step = 0; step < mostSteps; step++) {
    const direction = newtonStep(rows, outcomes, weights);
    weights = improved(rows, outcomes, weights, direction);
    if (Math.max(...direction.map(Math.abs)) < converged) break;
  }
  return weights;
}

function newtonStep(rows: Rows, outcomes: readonly number[], weights: readonly number[]): number[] {
  const gradient = weights.map((weight, column) => penaltyOf(column) * weight);
  const hessian = weights.map((_, i) => weights.map((__, j) => (i === j ? penaltyOf(i) : 0)));
  for (const [index, row] of rows.entries()) {
    const p = logistic(dot(row, weights));
    for (const [i, value] of row.entries()) {
      gradient[i] = (gradient[i] ?? 0) + value * (p - (outcomes[index] ?? 0));
      const line = hessian[i] ?? [];
      for (const [j, other] of row.entries()) line[j] = (line[j] ?? 0) + value * other * p * (1 - p);
    }
  }
  return solved(hessian, gradient);
}

/** Goes against the direction, half as far each time that this is too far. */
function improved(
  rows: Rows,
  outcomes: readonly number[],
  weights: readonly number[],
  direction: readonly number[],
): readonly number[] {
  const before = loss(rows, outcomes, weights);
  for (let scale = 1; scale > smallestStep; scale /= 2) {
    const next = weights.map((weight, column) => weight - scale * (direction[column] ?? 0));
    if (loss(rows, outcomes, next) <= before) return next;
  }
  return weights;
}

/** Negative log-likelihood of all outcomes, and the ridge. */
function loss(rows: Rows, outcomes: readonly number[], weights: readonly number[]): number {
  const penalty = weights.reduce((sum, weight, column) => sum + (penaltyOf(column) * weight ** 2) / 2, 0);
  return rows.reduce((sum, row, index) => {
    const score = dot(row, weights);
    return sum + softplus(score) - (outcomes[index] ?? 0) * score;
  }, penalty);
}

/** The bias is free. */
function penaltyOf(column: number): number {
  return column === 0 ? 0 : ridge;
}

/** Gaussian elimination; without pivots, for the matrix is positive definite. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const lines = matrix.map((line, row) => [...line, right[row] ?? 0]);
  for (const [pivot, upper] of lines.entries()) {
    for (const lower of lines.slice(pivot + 1)) {
      const factor = (lower[pivot] ?? 0) / (upper[pivot] ?? 1);
      for (const [column, value] of upper.entries()) lower[column] = (lower[column] ?? 0) - factor * value;
    }
  }
  const solution = right.map(() => 0);
  for (const [row, line] of [...lines.entries()].reverse()) {
    const known = dot(line.slice(0, -1), solution);
    solution[row] = ((line.at(-1) ?? 0) - known) / (line[row] ?? 1);
  }
  return solution;
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function logistic(score: number): number {
  return 1 / (1 + Math.exp(-score));
}

/** ln(1 + e^score), without overflow. */
function softplus(score: number): number {
  return Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));
}
