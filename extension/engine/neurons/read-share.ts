/** What a token reads of a layer's neurons, from how often they fire and which of them are hot. */
import type { Mode } from '../../protocol/figures.ts';

/** A layer's neurons in the order of their frequencies, the highest first, under some settings. */
export interface SplitLayer {
  readonly frequencies: Float32Array;
  /** How many, from the front, are computed for every token. */
  readonly hot: number;
  /** How many, from the front, the GPU computes. */
  readonly gpu: number;
}

/** Of the layer's gate rows, and of its up and down rows: shares between 0 and 1 that a token reads, on both devices. */
export interface ReadShares {
  readonly gates: number;
  readonly upDown: number;
}

/**
 * The GPU reads all of what it holds. On the CPU hot neurons are asked for gate and up, and down is read of those that fire.
 * @param firing by what a cold neuron's frequency is multiplied
 */
export function readShares(mode: Mode, { frequencies, hot, gpu }: SplitLayer, firing: number): ReadShares {
  if (mode === 'dense') return { gates: 1, upDown: 1 };
  const asksPredictor = mode === 'predicted';
  let [gates, upDown] = [0, 0];
  for (const [place, frequency] of frequencies.entries()) {
    const isHot = place < hot;
    const fires = isHot ? frequency : Math.min(1, frequency * firing);
    if (place < gpu) {
      gates++;
      upDown++;
    } else {
      gates += isHot || !asksPredictor ? 1 : fires;
      upDown += isHot ? (1 + fires) / 2 : fires;
    }
  }
  return { gates: gates / frequencies.length, upDown: upDown / frequencies.length };
}

/** How many of these frequencies, the highest first, are at least θ. */
export function hotCount(frequencies: Float32Array, hotThreshold: number): number {
  const first = frequencies.findIndex((frequency) => frequency < hotThreshold);
  return first < 0 ? frequencies.length : first;
}
