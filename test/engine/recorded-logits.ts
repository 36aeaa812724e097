/** Logits that PyTorch computed from a model's file (training/reference.py), and an engine's held against them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { NativeModel } from '../../extension/engine/addon.ts';

/** Summary of one position's logits. */
interface RecordedRow {
  /** The tokens of the largest logits, largest first, and these logits. */
  ids: number[];
  values: number[];
  mean: number;
  /** With n - 1. */
  std: number;
  max: number;
}

export interface RecordedLogits {
  model_sha256: string;
  tokens: number[];
  /** By position. */
  logits: Record<string, RecordedRow>;
  /** Whole rows of some positions, little-endian float32 in base64. */
  full: Record<string, string>;
  /** For each layer, how many of the tokens each neuron was active for. */
  active: number[][];
}

/**
 * The reference multiplies in float32, the engine in half precision: every input to a product is off by up to 5e-4 of
 * its size, in random directions, through six products a layer. 1% of the logits' deviation allows for that; a wrong
 * weight, activation or position costs far more.
 */
const allowedShare = 0.01;

export function readRecordedLogits(path: string): RecordedLogits {
  return JSON.parse(readFileSync(path, 'utf8')) as RecordedLogits;
}

/** The model's own logits at every position of the recorded tokens. */
export async function logitsOf(model: NativeModel, { tokens }: RecordedLogits): Promise<Float32Array[]> {
  const all = await model.logits(Int32Array.from(tokens));
  const width = model.describe().vocabularySize;
  return tokens.map((_, position) => all.subarray(position * width, (position + 1) * width));
}

/**
 * The largest logits and the mean at every position.
 * @returns the largest difference, as a share of the logits' deviation
 */
export function assertLargestAgree(rows: readonly Float32Array[], recorded: RecordedLogits): number {
  let largest = 0;
  for (const [position, expected] of Object.entries(recorded.logits)) {
    const row = rows[Number(position)];
    assert.ok(row);
    const allowed = allowedShare * expected.std;
    expected.ids.forEach((id, index) => {
      const difference = Math.abs((row[id] ?? NaN) - (expected.values[index] ?? NaN));
      assert.ok(
        difference <= allowed,
        `position ${position}, token ${String(id)}: off by ${String(difference)}`,
      );
      largest = Math.max(largest, difference / expected.std);
    });
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    assert.ok(Math.abs(mean - expected.mean) <= allowed, `position ${position}: mean ${String(mean)}`);
    // Where the two best lie closer together than rounding moves them, either may win.
    const margin = (expected.values[0] ?? NaN) - (expected.values[1] ?? NaN);
    if (margin > 2 * allowed) assert.equal(indexOfLargest(row), expected.ids[0], `position ${position}`);
  }
  return largest;
}

/** Every logit, at the positions that were recorded whole. */
export function assertWholeRowsAgree(rows: readonly Float32Array[], recorded: RecordedLogits): void {
  for (const [position, base64] of Object.entries(recorded.full)) {
    const expected = littleEndianFloats(base64);
    const row = rows[Number(position)];
    const allowed = allowedShare * (recorded.logits[position]?.std ?? NaN);
    assert.equal(row?.length, expected.length);
    const largest = expected.reduce(
      (most, value, id) => Math.max(most, Math.abs(value - (row[id] ?? NaN))),
      0,
    );
    assert.ok(largest <= allowed, `position ${position}: off by ${String(largest)}`);
  }
}

function littleEndianFloats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? -Infinity) ? index : best), 0);
}
